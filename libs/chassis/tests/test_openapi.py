"""The document says what the doors answer, once and for every route."""

from typing import Any

import pytest
from chassis import app, authz
from chassis.auth import NotSignedIn, Principal
from chassis.callers import MaybeSignedIn, SignedIn
from chassis.health import Health
from chassis.idempotency import required_key
from chassis.metrics import Metrics
from chassis.paging import Cursor
from chassis.problems import refusals
from chassis.schemas import RequestBody
from chassis.world import World
from fastapi import APIRouter, Depends
from jsonschema import Draft202012Validator

WHO_MAY = """
GET /books: {who: [anonymous]}
POST /books: {who: [admin], writes: [title]}
GET /shelf: {who: [anonymous, customer]}
POST /loans: {who: [customer]}
"""
REF = "#/components/responses/"


class Lent(Exception):
    pass


class Full(Exception):
    pass


REFUSALS: dict[type[Exception], tuple[int, str]] = {Lent: (422, "book_lent"), Full: (503, "shelf_full")}


class Book(RequestBody):
    title: str


def routes() -> APIRouter:
    found = APIRouter()

    @found.get("/books")
    async def list_books() -> list[str]:
        return []

    @found.post("/books")
    async def add_book(body: Book, _staff: SignedIn) -> Book:
        return body

    @found.get("/shelf")
    async def see_shelf(_caller: MaybeSignedIn, cursor: Cursor = None) -> list[str]:
        return []

    @found.post("/loans", responses=refusals(REFUSALS, Lent, Full), dependencies=[Depends(required_key)])
    async def lend(_caller: SignedIn) -> None:
        return None

    return found


async def nobody(_token: str) -> Principal:
    raise NotSignedIn


@pytest.fixture
def document() -> dict[str, Any]:
    apps = app.build(
        service=None,
        title="Library",
        public=[routes()],
        authz_=authz.parse(WHO_MAY),
        refusals=REFUSALS,
        verifier=nobody,
        health_=Health(World()),
        metrics_=Metrics("library"),
    )
    return apps.public.openapi()


def answers(document: dict[str, Any], verb: str, path: str) -> dict[str, Any]:
    return document["paths"][path][verb]["responses"]


def test_every_route_may_answer_what_the_doors_answer(document) -> None:
    general = {"400", "422", "429", "431", "503", "504"}
    of_bodies = {"408", "413", "415"}

    assert answers(document, "get", "/books").keys() == {"200"} | general
    assert answers(document, "get", "/shelf").keys() == {"200", "401"} | general
    assert answers(document, "post", "/books").keys() == {"200", "401", "403"} | general | of_bodies
    assert answers(document, "post", "/loans").keys() == {"200", "401"} | general | of_bodies


def test_they_are_told_in_one_place(document) -> None:
    assert answers(document, "get", "/books")["422"] == {"$ref": f"{REF}InvalidRequest"}
    assert answers(document, "get", "/books")["400"] == {"$ref": f"{REF}BadRequest"}
    assert answers(document, "post", "/books")["400"] == {"$ref": f"{REF}BadBody"}
    used = {
        answer["$ref"].removeprefix(REF)
        for verbs in document["paths"].values()
        for operation in verbs.values()
        for answer in operation["responses"].values()
        if "$ref" in answer
    }
    assert used == document["components"]["responses"].keys()


def test_a_route_that_refuses_with_the_same_status_keeps_its_own_words(document) -> None:
    found = answers(document, "post", "/loans")

    assert found["422"]["description"] == "book_lent or invalid_request"
    assert found["503"]["description"] == "shelf_full or unavailable or overloaded"
    assert found["503"]["headers"]["Retry-After"]["required"]


def test_every_refusal_is_a_problem_and_nothing_else(document) -> None:
    refusing = [
        answer
        for verbs in document["paths"].values()
        for operation in verbs.values()
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and "$ref" not in answer
    ]

    for answer in [*refusing, *document["components"]["responses"].values()]:
        assert list(answer["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_what_the_document_calls_a_problem_is_what_is_answered(document) -> None:
    answered = {
        "type": "urn:mercato:problem:invalid_request",
        "title": "Invalid request",
        "status": 422,
        "detail": "Not acceptable: title.",
        "trace": None,
        "errors": [{"field": "title", "message": "Field required"}],
    }
    reference = {"$ref": "#/components/schemas/ValidationProblem", "components": document["components"]}
    problem = Draft202012Validator(reference)

    assert problem.is_valid(answered)
    assert not problem.is_valid({name: value for name, value in answered.items() if name != "errors"})


def test_a_key_whose_absence_is_refused_is_required(document) -> None:
    (key,) = document["paths"]["/loans"]["post"]["parameters"]

    assert (key["name"], key["required"]) == ("Idempotency-Key", True)


def test_a_parameter_is_left_out_and_never_null(document) -> None:
    (cursor,) = document["paths"]["/shelf"]["get"]["parameters"]

    assert cursor["required"] is False
    assert {name: cursor["schema"][name] for name in ("type", "maxLength")} == {"type": "string", "maxLength": 512}
    assert "anyOf" not in cursor["schema"]


def test_a_token_that_may_be_left_out_is_not_demanded(document) -> None:
    assert document["paths"]["/shelf"]["get"]["security"] == [{"HTTPBearer": []}, {}]
    assert document["paths"]["/books"]["post"]["security"] == [{"HTTPBearer": []}]
    assert "security" not in document["paths"]["/books"]["get"]


def test_asked_twice_it_is_the_same(document) -> None:
    assert document["paths"]["/loans"]["post"]["responses"]["422"]["description"].count("invalid_request") == 1
