"""Our books beside the provider's, with everything that could have gone wrong put there by hand."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from chassis.faults import Unreachable
from simulators.psp import Kind, Operation

PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
REFUND = UUID("0190a000-0000-7000-8000-0000000000bb")
ALL = {"since": None, "cancel": True}


@pytest.fixture
async def dashboard(wire):
    """Somebody at the provider, behind our back."""
    headers = {"Authorization": "Bearer sk_test_key"}

    async def act(path: str, **fields: str) -> dict:
        transport = httpx2.ASGITransport(wire.inner.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://psp/v1", headers=headers) as there:
            answer = await there.post(path, data=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return act


async def stray(dashboard, *, payment: UUID = PAYMENT, **more: str) -> str:
    """Another intent that names this payment; its id."""
    fields = {"amount": "3558", "currency": "eur", "capture_method": "manual", "payment_method": "pm_card_visa"}
    return (await dashboard("/payment_intents", **fields, **{"metadata[payment_id]": str(payment)}, **more))["id"]


async def intent_id(shop) -> str:
    return (await shop.payment())["intent_id"]


def differing(found) -> list[str]:
    return [each.about.split()[0] if each.about.startswith("pi_") else each.about for each in found.differences]


async def test_a_day_in_which_all_went_well_differs_in_nothing(shop, service, another) -> None:
    await shop.captured()
    await shop.refund(amount=558)
    await shop.settle()
    await shop.refund(refund=another(), amount=1000)
    await shop.settle()

    found = await service.reconcile(**ALL)

    assert (found.recon_diff, found.orphans, found.under_way) == (0, [], 0)
    assert found.compared == 6  # an intent, two refunds, and the three entries of the ledger


@pytest.mark.parametrize("card", ["pm_card_chargeDeclined", "pm_card_threeDSecure2Required"])
async def test_what_was_declined_or_waits_for_its_customer_differs_in_nothing(shop, service, card) -> None:
    await shop.authorize(card)
    await shop.settle()

    assert (await service.reconcile(**ALL)).recon_diff == 0


async def test_a_customer_on_the_page_is_under_way_and_keeps_the_intent(shop, service, psp) -> None:
    await shop.authorize_on_page()
    await shop.settle()
    await shop.press("pm_card_chargeDeclined")

    found = await service.reconcile(**ALL)

    assert (found.recon_diff, found.under_way, found.orphans) == (0, 1, [])
    await shop.press("pm_card_visa")
    await shop.later(seconds=61)
    await shop.settle()
    assert await shop.state() == "AUTHORIZED"


@pytest.mark.parametrize("dry", [False, True])
async def test_an_intent_whose_answer_was_lost_is_cancelled_unless_we_only_look(shop, service, psp, dry) -> None:
    shop.misbehave(Kind.ERROR_AFTER, Operation.CREATE)
    await shop.authorize()
    await shop.settle_all()
    [orphan] = [each.id for each in psp._store.intents.values() if each.status == "requires_confirmation"]

    found = await service.reconcile(since=None, cancel=not dry)

    assert found.recon_diff == 0
    assert [each.about.split()[0] for each in found.orphans] == [orphan]
    assert found.cancelled == (0 if dry else 1)
    assert psp._store.intents[orphan].status == ("requires_confirmation" if dry else "canceled")
    assert shop.truth("authorization") == [3558]
    assert len((await service.reconcile(**ALL)).orphans) == (1 if dry else 0)


async def test_a_second_authorisation_of_a_payment_is_shown_and_not_touched(shop, service, dashboard) -> None:
    await shop.authorize()
    await shop.settle()
    second = await stray(dashboard)
    await dashboard(f"/payment_intents/{second}/confirm")

    found = await service.reconcile(**ALL)

    assert differing(found) == [second]
    assert shop.truth("authorization") == [3558, 3558]


async def test_an_intent_of_a_payment_that_we_do_not_have_is_shown_and_not_touched(
    shop, service, dashboard, another, psp
) -> None:
    theirs = await stray(dashboard, payment=another())

    found = await service.reconcile(**ALL)

    assert differing(found) == [theirs]
    assert psp._store.intents[theirs].status == "requires_confirmation"


async def test_money_that_names_no_payment_is_shown(service, dashboard) -> None:
    fields = {"amount": "100", "currency": "eur", "payment_method": "pm_card_visa"}
    idle = await dashboard("/payment_intents", **fields)
    paid = await dashboard("/payment_intents", **fields, confirm="true", return_url="http://shop.example")

    found = await service.reconcile(**ALL)

    assert differing(found) == [paid["id"]]
    assert idle["status"] == "requires_confirmation"


async def test_what_was_taken_behind_our_back_is_shown(shop, service, dashboard) -> None:
    await shop.authorize()
    await shop.settle()
    await dashboard(f"/payment_intents/{await intent_id(shop)}/capture")

    found = await service.reconcile(**ALL)

    assert differing(found) == [await intent_id(shop)]
    assert "AUTHORIZED here" in found.differences[0].why


async def test_what_was_returned_behind_our_back_is_shown(shop, service, dashboard) -> None:
    await shop.captured()
    await dashboard("/refunds", payment_intent=await intent_id(shop), amount="100")

    assert differing(await service.reconcile(**ALL)) == ["refund None"]


async def test_a_refund_that_was_paid_twice_is_shown(shop, service, dashboard) -> None:
    await shop.captured()
    await shop.refund(amount=100)
    await shop.settle()
    ours = {"metadata[refund_id]": str(REFUND), "metadata[attempt]": "0"}
    await dashboard("/refunds", payment_intent=await intent_id(shop), amount="100", **ours)

    found = await service.reconcile(**ALL)

    assert [(each.about, each.why) for each in found.differences] == [(f"refund {REFUND}", "returned 2 times")]


async def test_what_the_provider_has_lost_is_shown(shop, service, psp) -> None:
    await shop.captured()
    await shop.refund(amount=100)
    await shop.settle()
    psp._store.intents.clear()
    psp._store.refunds.clear()

    found = await service.reconcile(**ALL)

    assert differing(found) == [f"payment {PAYMENT}", f"refund {REFUND}"]


async def test_a_capture_that_was_not_booked_is_shown(shop, service) -> None:
    await shop.authorize()
    await shop.settle()
    async with service.capture_payment.payments.transaction() as tx:
        payment = await tx.lock(PAYMENT)
        await tx.save(replace(payment, captured=3558))

    found = await service.reconcile(**ALL)

    assert differing(found)[-1:] == [f"capture:{PAYMENT}"]
    assert found.differences[-1].why == "3558 moved, 0 booked"


async def test_only_what_was_begun_in_that_time_is_compared(shop, service, psp, clock) -> None:
    await shop.captured()
    psp._store.intents.clear()

    hours = (await service.reconcile(since=timedelta(hours=2), cancel=True)).compared
    clock.move(days=2)
    later = (await service.reconcile(since=timedelta(hours=2), cancel=True)).compared

    assert (hours, later) == (2, 0)


async def test_many_are_compared_although_they_are_listed_by_hundreds(service, dashboard) -> None:
    fields = {"amount": "100", "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}
    for _ in range(101):
        await dashboard("/payment_intents", **fields, return_url="http://shop.example")

    assert (await service.reconcile(**ALL)).recon_diff == 101


async def test_a_payment_that_goes_on_while_we_compare_differs_in_nothing(shop, service, wire) -> None:
    await shop.authorize()
    await shop.settle()

    async def capture(request: httpx2.Request) -> None:
        if request.method == "GET":
            wire.after = None
            await shop.capture()
            await shop.settle()

    wire.after = capture
    found = await service.reconcile(**ALL)

    assert await shop.state() == "CAPTURED"
    assert found.recon_diff == 0


async def test_a_provider_that_is_away_is_said_to_be(shop, service) -> None:
    shop.misbehave(Kind.ERROR_BEFORE, Operation.RETRIEVE)

    with pytest.raises(Unreachable):
        await service.reconcile(**ALL)
