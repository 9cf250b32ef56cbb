"""Where to, how, and by what it is paid: three steps on the way to an order. Each can be reloaded and gone back to."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.responses import Response

from storefront import carts
from storefront.api import Away, Json, Refused
from storefront.choosing import HOSTED, Choices
from storefront.countries import COUNTRIES
from storefront.doorway import FormDep, VisitDep
from storefront.sealing import TooMuch
from storefront.visit import Visit

router = APIRouter()
FIELDS = ("name", "line1", "line2", "city", "postal_code", "country", "phone")
NEEDED = {
    "name": "Whose name is on the door?",
    "line1": "Where does the parcel go? A street and a number.",
    "city": "A parcel needs a town.",
    "postal_code": "A parcel needs a postal code.",
}
LONGEST = {"postal_code": 16, "phone": 31}
LONGEST_TEXT = 200
PHONE = re.compile(r"(\+ ?)?[0-9()/-][0-9 ()/-]{3,28}[0-9()/-]")
PAYMENT_PAGE = {"id": HOSTED, "name": "On the payment page"}


@router.get("/checkout")
async def begin(visit: VisitDep) -> Response:
    return visit.go("/checkout/address")


@router.get("/checkout/address")
async def ask_address(visit: VisitDep) -> Response:
    choices = Choices.of(visit)
    cart, saved = await _cart_and(visit, _addresses)
    if not cart["lines"]:
        return nothing_to_order(visit, choices)
    typed = choices.address or {"name": visit.session.name if visit.session else "", "country": "DE"}
    return address_page(visit, cart, saved, typed=typed, chosen=choices.address)


@router.post("/checkout/address")
async def choose_address(visit: VisitDep, form: FormDep) -> Response:
    """One of the address book, by its id in `saved`, or one that was typed; `keep` puts that into the book."""
    choices = Choices.of(visit)
    cart, saved = await _cart_and(visit, _addresses)
    if form.get("saved"):
        found = next((each for each in saved if each["id"] == form["saved"]), None)
        if found is None:
            visit.say(bad="That address is not in your account any more. Choose another one.")
            return visit.go("/checkout/address")
        address = {name: found[name] for name in FIELDS}
    else:
        address = {name: form.get(name) or None for name in FIELDS}
        wrong = _wrong(address)
        if not wrong and form.get("keep") and not _known(address, saved):
            wrong = await _refused_by_the_book(visit, address)
        if wrong:
            return address_page(visit, cart, saved, typed=form, wrong=wrong, status=422)
    choices.deliver_to(address)
    try:
        choices.keep(visit)
    except TooMuch:
        return address_page(visit, cart, saved, typed=form, wrong={"line1": "This is too long."}, status=422)
    return visit.go("/checkout/shipping")


@router.get("/checkout/shipping")
async def ask_shipping(visit: VisitDep) -> Response:
    return await _shipping(visit)


@router.post("/checkout/shipping")
async def choose_shipping(visit: VisitDep, form: FormDep) -> Response:
    return await _shipping(visit, form)


async def _shipping(visit: Visit, form: dict[str, str] | None = None) -> Response:
    choices = Choices.of(visit)
    if choices.address is None:
        return go_to(visit, choices.lacking("shipping"))
    asked = {"country": choices.address["country"], "currency": carts.CURRENCY}
    cart, methods = await _cart_and(
        visit, lambda visit: _items(visit, "/api/v1/shipping-methods", own=False, params=asked)
    )
    if not cart["lines"]:
        return nothing_to_order(visit, choices)
    wrong = ""
    if form is not None:
        choices.shipping = next((each for each in methods if each["code"] == form.get("shipping")), None)
        if choices.shipping is not None:
            choices.keep(visit)
            return visit.go("/checkout/payment")
        wrong = "Choose how it should travel."
    chosen = (choices.shipping or methods[0])["code"] if methods else ""
    return visit.page(
        "checkout/shipping.html",
        status=422 if wrong else 200,
        cart=cart,
        methods=methods,
        chosen=chosen,
        wrong=wrong,
        country=COUNTRIES.get(asked["country"], asked["country"]),
        city=choices.address["city"],
    )


@router.get("/checkout/payment")
async def ask_payment(visit: VisitDep) -> Response:
    return await _payment(visit)


@router.post("/checkout/payment")
async def choose_payment(visit: VisitDep, form: FormDep) -> Response:
    return await _payment(visit, form)


async def _payment(visit: Visit, form: dict[str, str] | None = None) -> Response:
    choices = Choices.of(visit)
    lacking = choices.lacking("payment")
    cart, cards = await _cart_and(visit, _cards)
    if not cart["lines"]:
        return nothing_to_order(visit, choices)
    if lacking is not None:
        return go_to(visit, lacking)
    ways = [PAYMENT_PAGE, *({"id": each["id"], "name": _card_name(each)} for each in cards or [])]
    wrong = ""
    if form is not None:
        choices.payment = next((each for each in ways if each["id"] == form.get("payment")), None)
        if choices.payment is not None:
            choices.keep(visit)
            return visit.go("/checkout/review")
        wrong = "Choose how you want to pay."
    chosen = choices.payment or ways[-1]
    return visit.page(
        "checkout/payment.html",
        status=422 if wrong else 200,
        cart=cart,
        cards=cards,
        chosen=chosen["id"],
        wrong=wrong,
    )


def go_to(visit: Visit, step: str | None) -> Response:
    return visit.go(f"/checkout/{step or 'address'}")


def nothing_to_order(visit: Visit, choices: Choices) -> Response:
    """An empty cart in a checkout is mostly one that has just been ordered: then that order is what they look for."""
    if choices.last_order is not None:
        return visit.go(f"/orders/{choices.last_order}")
    visit.say(bad="There is nothing in your cart to order yet.")
    return visit.go("/cart")


def address_page(
    visit: Visit,
    cart: Json,
    saved: list[Json],
    *,
    typed: Json,
    chosen: Json | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return visit.page(
        "checkout/address.html",
        status=status,
        cart=cart,
        saved=saved,
        chosen=next((each["id"] for each in saved if chosen and _known(chosen, [each])), ""),
        typed={name: typed.get(name) or "" for name in (*FIELDS, "keep")},
        wrong=wrong or {},
        countries=COUNTRIES,
    )


async def _cart_and[T](visit: Visit, ask: Callable[[Visit], Awaitable[T]]) -> tuple[Json, T]:
    """Both at once. Raises SignInNeeded before anything is asked, so that two questions never renew one session."""
    await visit.signed_in()
    return await asyncio.gather(carts.look_into(visit), ask(visit))


async def _items(visit: Visit, path: str, *, own: bool = True, params: Json | None = None) -> list[Json]:
    return (await visit.ask("GET", path, own=own, params=params))["items"]


async def _addresses(visit: Visit) -> list[Json]:
    """Without the address book one can still type."""
    try:
        return await _items(visit, "/api/v1/me/addresses")
    except Away:
        return []


async def _cards(visit: Visit) -> list[Json] | None:
    """None when they cannot be seen now: there still is the payment page."""
    try:
        return await _items(visit, "/api/v1/payment-methods")
    except Away:
        return None


async def _refused_by_the_book(visit: Visit, address: Json) -> dict[str, str]:
    """Why the address cannot be kept. A book that is away now is no reason not to deliver."""
    try:
        await visit.ask("POST", "/api/v1/me/addresses", own=True, body=address)
    except Away:
        return {}
    except Refused as refused:
        if refused.status != 422:
            return {}
        return refused.fields
    return {}


def _wrong(address: Json) -> dict[str, str]:
    """What a parcel cannot do without. The services look again, and have the last word."""
    wrong = {name: because for name, because in NEEDED.items() if not address[name]}
    for name in FIELDS:
        if address[name] and len(address[name]) > LONGEST.get(name, LONGEST_TEXT):
            wrong[name] = f"This is too long: at most {LONGEST.get(name, LONGEST_TEXT)} characters."
    if address["country"] not in COUNTRIES:
        wrong["country"] = "We do not deliver there yet."
    if address["phone"] and not PHONE.fullmatch(address["phone"]):
        wrong["phone"] = "Digits, spaces and a plus sign, please."
    return wrong


def _known(address: Json, saved: list[Json]) -> bool:
    return any(all(each[name] == address[name] for name in FIELDS) for each in saved)


def _card_name(card: Json) -> str:
    return f"{card['brand'].capitalize()} ending in {card['last4']}"
