"""How the shop is doing, over HTTP."""

from datetime import timedelta
from uuid import UUID

import pytest
from order_service.domain.saga_table import Trigger

FIGURES = "/api/v1/staff/figures"
PAID = (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED)


@pytest.fixture
def today(clock) -> dict[str, str]:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return {"from": midnight.isoformat(), "to": (midnight + timedelta(days=1)).isoformat()}


async def test_staff_sees_what_a_day_has_brought(door, ada, buy, service, till, today, clock) -> None:
    sam = await door("sam")
    paid = await buy(ada)
    await till.reply(await service.see_any_order(UUID(paid["id"])), *PAID)
    await buy(ada)
    clock.move(minutes=10)

    answer = await sam.get(FIGURES, params=today)

    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["orders"], seen["by_state"]) == (2, {"CONFIRMED": 1, "PENDING": 1})
    assert seen["revenue"] == [{"currency": "EUR", "captured": paid["total"], "refunded": 0}]
    assert (seen["currency"], seen["step"], len(seen["slots"])) == ("EUR", "hour", 24)
    busy = [each for each in seen["slots"] if each["orders"]]
    assert [(each["orders"], each["captured"]) for each in busy] == [(2, paid["total"])]
    assert seen["best_sellers"] == [{"sku": "TEA-1", "name": "A TEA-1", "quantity": 2}]
    assert (seen["needs_review"], seen["overdue"]) == (0, 1)


async def test_a_period_that_cannot_be_counted_is_refused(door, today, refused) -> None:
    sam = await door("sam")

    refused(await sam.get(FIGURES, params={**today, "to": today["from"]}), 422, "period_not_acceptable", "to")
    refused(await sam.get(FIGURES, params={"to": today["to"]}), 422, "invalid_request", "from")
    refused(await sam.get(FIGURES, params={**today, "from": "2026-01-01"}), 422, "invalid_request", "from")


async def test_the_figures_are_for_staff(anybody, ada, today, refused) -> None:
    refused(await anybody.get(FIGURES, params=today), 401, "not_signed_in")
    refused(await ada.get(FIGURES, params=today), 403, "forbidden")
