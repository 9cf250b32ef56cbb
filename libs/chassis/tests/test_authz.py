"""What a table of routes must say before an app is built of them, and what it then does."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from chassis import app, authz
from chassis.auth import NotSignedIn, Principal
from chassis.callers import MaybeSignedIn, SignedIn
from chassis.health import Health
from chassis.metrics import Metrics
from chassis.schemas import RequestBody
from chassis.world import World
from fastapi import APIRouter

GOOD = """
GET /open: {who: [anonymous]}
GET /both: {who: [anonymous, customer]}
GET /mine/{thing_id}: {who: [customer], ownership: principal}
POST /staff: {who: [support, admin], writes: [name]}
"""


class Wish(RequestBody):
    name: str


def routes(ran: list[str]) -> APIRouter:
    found = APIRouter()

    @found.get("/open")
    async def open_() -> None:
        ran.append("open")

    @found.get("/both")
    async def both(caller: MaybeSignedIn) -> None:
        ran.append("both")

    @found.get("/mine/{thing_id}")
    async def mine(thing_id: int, caller: SignedIn) -> None:
        ran.append("mine")

    @found.post("/staff")
    async def staff(body: Wish, caller: SignedIn) -> None:
        ran.append("staff")

    return found


class Verify:
    """Believes every token that is the name of a role, and counts how often it looks."""

    def __init__(self) -> None:
        self.looked = 0

    async def __call__(self, token: str) -> Principal:
        self.looked += 1
        if token == "bad":
            raise NotSignedIn
        return Principal(uuid4(), uuid4(), frozenset({token}))


def build(table: str, ran: list[str], verify: Any) -> httpx2.AsyncClient:
    apps = app.build(
        service=None,
        title="House",
        public=[routes(ran)],
        authz_=authz.parse(table),
        refusals={},
        verifier=verify,
        health_=Health(World()),
        metrics_=Metrics("house"),
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.public), base_url="http://house")


WRONG = {
    "a route that is not declared": (GOOD.replace("GET /open: {who: [anonymous]}", ""), "GET /open: not declared"),
    "a route that does not exist": (GOOD + "GET /gone: {who: [anonymous]}", "GET /gone: declared, but does not exist"),
    "another method": (GOOD.replace("GET /open", "PUT /open"), "GET /open: not declared"),
    "a field too few": (GOOD.replace("writes: [name]", "writes: []"), "writes"),
    "a field too many": (GOOD.replace("writes: [name]", "writes: [name, role]"), "writes"),
    "open, where the handler wants a caller": (GOOD.replace("[customer], ", "[anonymous], "), "token is read"),
    "open to all, where the handler wants a caller": (
        GOOD.replace("[support, admin]", "[anonymous, admin]"),
        "agree on anonymous",
    ),
    "closed, where the handler takes anybody": (GOOD.replace("[anonymous, customer]", "[customer]"), "on anonymous"),
    "a token asked for and not taken": (GOOD.replace("{who: [anonymous]}", "{who: [admin]}"), "token is read"),
    "twice": (GOOD + "GET /open: {who: [anonymous]}", "named twice"),
    "nobody": (GOOD.replace("[anonymous]", "[]"), "who is not"),
    "a stranger": (GOOD.replace("[anonymous]", "[root]"), "who is not"),
    "another column": (GOOD.replace("{who: [anonymous]}", "{who: [anonymous], whom: x}"), "not one of"),
    "an id that is nobody's": (GOOD.replace(", ownership: principal", ""), "whose is"),
    "an ownership of no kind": (GOOD.replace("principal", "mine"), "not understood"),
    "no method": (GOOD.replace("GET /open", "/open"), "not METHOD"),
    "nothing": ("", "not a table"),
}


@pytest.mark.parametrize(("table", "says"), WRONG.values(), ids=WRONG.keys())
def test_a_table_that_is_not_the_routes_builds_no_app(table, says) -> None:
    with pytest.raises(authz.WrongTable, match=says):
        build(table, [], Verify())


DOORS = [
    ("GET", "/open", {None: 200, "bad": 200, "customer": 200, "support": 200, "admin": 200}),
    ("GET", "/both", {None: 200, "bad": 401, "customer": 200, "support": 200, "admin": 200}),
    ("GET", "/mine/1", {None: 401, "bad": 401, "customer": 200, "support": 200, "admin": 200}),
    ("POST", "/staff", {None: 401, "bad": 401, "customer": 403, "support": 200, "admin": 200}),
]


@pytest.mark.parametrize(("method", "path", "expected"), DOORS)
async def test_who_is_let_in_is_what_the_table_says_and_the_handler_runs_for_nobody_else(
    method, path, expected
) -> None:
    for token, status in expected.items():
        ran, verify = [], Verify()
        headers = {"Authorization": f"Bearer {token}"} if token else {}

        answer = await build(GOOD, ran, verify).request(
            method, path, headers=headers, json={"name": "a"} if method == "POST" else None
        )

        assert answer.status_code == status, f"{token}: {answer.text}"
        assert bool(ran) == (status == 200)
        # Once, however many ask who it is; where all are let in, not at all.
        assert verify.looked == (1 if token and path != "/open" else 0)


async def test_who_may_not_is_told_so_before_the_rest_of_the_request_is_judged() -> None:
    house = build(GOOD, [], Verify())

    for token, status in ((None, 401), ("customer", 403), ("admin", 422)):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await house.post("/staff?colour=red", headers=headers, json={"role": "admin"})

        assert answer.status_code == status
    assert (await house.get("/mine/x")).status_code == 401
