"""Whoever watches an order sees every step of it: by the news that it makes, or else as progress."""

import pytest
from contracts.order import OrderProgressed


async def test_every_step_is_told_once_by_news_or_as_progress(till) -> None:
    order = await till.order_in("CONFIRMED")

    assert till.progress() == ["RESERVED", "AUTHORIZED", "COMMITTED"]
    assert till.said()[-1] == "OrderConfirmed"
    steps = [each for each in till._announced() if each.type == "OrderProgressed.v1"]
    assert [each.seq for each in steps] == [2, 3, 4]
    assert len({each.id for each in steps}) == 3
    assert OrderProgressed.model_validate(steps[0].data) == OrderProgressed(
        order_id=order.id, user_id=order.user_id, number=order.number, state="RESERVED"
    )


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("PENDING", []),
        ("AWAITING_CUSTOMER", ["RESERVED", "AWAITING_CUSTOMER"]),
        ("CANCELLED", []),
    ],
)
async def test_what_somebody_waits_for_is_told_too(till, state, told) -> None:
    await till.order_in(state)

    assert till.progress() == told
