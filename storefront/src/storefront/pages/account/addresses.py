"""The address book."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Json, Refused
from storefront.countries import COUNTRIES
from storefront.doorway import FormDep, VisitDep
from storefront.visit import Visit
from storefront.wording import ADDRESS, beside

router = APIRouter()
BOOK = "/account/addresses"
PATH = "/api/v1/me/addresses"
FULL = "Your address book is full. Remove an address that you do not need any more."


@router.get(BOOK)
async def book(visit: VisitDep) -> Response:
    addresses = (await visit.ask("GET", PATH, own=True))["items"]
    return visit.page("account/addresses.html", addresses=addresses, countries=COUNTRIES)


@router.get(f"{BOOK}/new")
async def new_page(visit: VisitDep) -> Response:
    who = await visit.signed_in()
    return _form(visit, typed={"name": who.name, "country": "DE"})


@router.post(f"{BOOK}/new")
async def add(visit: VisitDep, form: FormDep) -> Response:
    """An address that is in the book already is not put there once more: the form was sent twice."""
    body = to_address(form)
    known = (await visit.ask("GET", PATH, own=True))["items"]
    if not any(same_place(each, body) for each in known):
        try:
            await visit.ask("POST", PATH, own=True, body=body)
        except Refused as refused:
            return _refused(visit, refused, form)
    visit.say(good="The address is in your book.")
    return visit.go(BOOK)


@router.get(BOOK + "/{address_id}")
async def change_page(visit: VisitDep, address_id: UUID) -> Response:
    found = await visit.ask("GET", f"{PATH}/{address_id}", own=True)
    return _form(visit, typed={name: value or "" for name, value in found.items()}, known=found)


@router.post(BOOK + "/{address_id}")
async def change(visit: VisitDep, address_id: UUID, form: FormDep) -> Response:
    try:
        await visit.ask("PUT", f"{PATH}/{address_id}", own=True, body=to_address(form))
    except Refused as refused:
        return _refused(visit, refused, form, known={"id": str(address_id), "default": "default" in form})
    visit.say(good="The address is changed.")
    return visit.go(BOOK)


@router.post(BOOK + "/{address_id}/default")
async def make_default(visit: VisitDep, address_id: UUID) -> Response:
    found = await visit.ask("GET", f"{PATH}/{address_id}", own=True)
    body = {name: value for name, value in found.items() if name != "id"} | {"default": True}
    await visit.ask("PUT", f"{PATH}/{address_id}", own=True, body=body)
    return visit.go(BOOK)


@router.post(BOOK + "/{address_id}/remove")
async def remove(visit: VisitDep, address_id: UUID) -> Response:
    try:
        await visit.ask("DELETE", f"{PATH}/{address_id}", own=True)
    except Refused as refused:
        if refused.status != 404:
            raise
    visit.say(good="The address is removed.")
    return visit.go(BOOK)


def to_address(form: dict[str, str]) -> Json:
    """In the interface's words; what was left empty is nothing."""
    body: Json = {name: form.get(name, "") for name in ("name", "line1", "city", "postal_code", "country")}
    body |= {name: form.get(name) or None for name in ("line2", "phone")}
    return body | {"default": form.get("default") == "on"}


def same_place(known: Json, body: Json) -> bool:
    return all(known[name] == value for name, value in body.items() if name != "default")


def _refused(visit: Visit, refused: Refused, form: dict[str, str], known: Json | None = None) -> Response:
    if refused.status == 409:
        visit.say(bad=FULL)
        return visit.go(BOOK)
    if refused.status != 422:
        raise refused
    return _form(visit, typed=form, wrong=beside(refused, ADDRESS), known=known)


def _form(visit: Visit, *, typed: Json, wrong: dict[str, str] | None = None, known: Json | None = None) -> Response:
    facts = {"typed": typed, "wrong": wrong or {}, "known": known, "countries": COUNTRIES}
    return visit.page("account/address.html", status=422 if wrong else 200, **facts)
