"""The provider at its worst, twelve ways: afterwards its books are ours, and every order has its one right end."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest
from simulators.psp import Asked, Kind, Operation
from testkit.evidence import Evidence

from tests.faults.shop.bad_days import BACKWARD, DAYS, Ends
from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import ends_as
from tests.faults.shop.shelves import put_on_shelves

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAYMENTS = int(os.environ.get("MERCATO_PAYMENTS", "5"))
"""Of each day; `MERCATO_PAYMENTS=20` is the size that counts."""
HASTY = "tests.faults.shop.hasty_worker"
UNKNOWN = frozenset({Kind.TIMEOUT_AFTER, Kind.TIMEOUT_BEFORE, Kind.ERROR_AFTER, Kind.ERROR_BEFORE, Kind.SLOW})
"""After these nobody knows what was done."""
KEY_DECIDES = frozenset({Operation.CREATE, Operation.REFUND})
"""There is nothing to look at yet, or nothing that would be proven by it: sent again, under the same key."""


@pytest.mark.parametrize("name", DAYS)
async def test_a_bad_day_of_the_provider_costs_nobody_anything(crowd: Crowd, name: str, evidence: Evidence) -> None:
    evidence("T16", trials=PAYMENTS, unit="payments")
    bad, psp, sku = DAYS[name], crowd.street.world.psp, f"DAY-{list(DAYS).index(name)}"
    await put_on_shelves(crowd.street, **{sku: 1000})
    buyers = await crowd.grow(PAYMENTS)

    async with AsyncExitStack() as stack:
        if bad.hasty:
            await stack.enter_async_context(crowd.street.worker_instead("payment", HASTY, "payment"))
        ends = await bad.day(crowd, buyers, sku)
        print(dict(await ends_as(crowd, ends, excused=bad.excused)))

    assert [each for each in psp.waiting_faults() if each.operation not in BACKWARD] == []
    psp.behave()
    assert acted_blindly(crowd, ends) == []


def acted_blindly(crowd: Crowd, ends: Ends) -> list[tuple[Asked, Asked]]:
    """Where something was sent after an outcome that nobody knew, and the provider was not asked first."""
    return [each for order_id in ends for each in blind_steps(crowd.street.world.psp.asked(order_id))]


def blind_steps(asked: Sequence[Asked]) -> Iterator[tuple[Asked, Asked]]:
    tried: set[str | None] = set()
    for lost, then in pairwise(asked):
        # A failure that is only repeated under its key is known, and needs another key.
        unknown = lost.fault in UNKNOWN and lost.key not in tried
        same_again = (then.operation, then.key) == (lost.operation, lost.key) and lost.operation in KEY_DECIDES
        if unknown and then.operation is not Operation.RETRIEVE and not same_again:
            yield lost, then
        tried.add(lost.key)
