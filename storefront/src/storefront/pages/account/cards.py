"""Saved cards: what the card provider calls them, and their last four digits. A card's number never comes here."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Refused
from storefront.doorway import FormDep, VisitDep

router = APIRouter()
CARDS = "/account/cards"
PATH = "/api/v1/payment-methods"
TEST_CARDS = {
    "pm_card_visa": "A Visa that pays",
    "pm_card_mastercard": "A Mastercard that pays",
    "pm_card_threeDSecure2Required": "One whose bank asks who you are",
    "pm_card_chargeDeclinedInsufficientFunds": "One without enough money",
}
"""Names that the provider's own test mode gives them: nobody's card, and nobody's money."""


@router.get(CARDS)
async def cards_page(visit: VisitDep) -> Response:
    cards = (await visit.ask("GET", PATH, own=True))["items"]
    return visit.page("account/cards.html", cards=cards, test_cards=TEST_CARDS if visit.front.test_cards else {})


@router.post(CARDS)
async def save_test_card(visit: VisitDep, form: FormDep) -> Response:
    """The form says how many cards there were: if there are more by now, it was sent before."""
    token = form.get("card", "")
    if not visit.front.test_cards or token not in TEST_CARDS:
        return visit.go(CARDS)
    known = (await visit.ask("GET", PATH, own=True))["items"]
    if form.get("known") != str(len(known)):
        return visit.go(CARDS)
    try:
        await visit.ask("POST", PATH, own=True, body={"provider_token": token})
        visit.say(good="The card is saved.")
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        visit.say(bad=refused.detail)
    return visit.go(CARDS)


@router.post(CARDS + "/{method_id}/remove")
async def remove(visit: VisitDep, method_id: UUID) -> Response:
    try:
        await visit.ask("DELETE", f"{PATH}/{method_id}", own=True)
    except Refused as refused:
        if refused.status != 404:
            raise
    visit.say(good="The card is removed.")
    return visit.go(CARDS)
