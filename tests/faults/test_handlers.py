"""Handlers that fail and heal: the retry ladder brings every message to its one effect."""

from contextlib import AsyncExitStack
from random import Random

import pytest

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import ends_well
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAILING = "tests.faults.shop.failing_worker"
TIMES = 3


async def test_what_product_and_payment_fail_three_times_has_its_effect_once(crowd: Crowd, dice: Random) -> None:
    await put_on_shelves(crowd.street, **{"FAIL-PLENTY": 500, "FAIL-SHORT": 6})

    async with AsyncExitStack() as stack:
        failing = [
            await stack.enter_async_context(crowd.street.worker_instead(service, FAILING, service, str(TIMES)))
            for service in ("product", "payment")
        ]
        async with crowd.rush(mixed(dice, plenty="FAIL-PLENTY", short="FAIL-SHORT")) as rush:
            pass
        await ends_well(crowd, rush.promises, short={"FAIL-SHORT": 6}, excused=["message.failed"])

    for worker in failing:
        failures = [line for line in worker.lines(crowd.marks[worker.name]) if line["event"] == "message.failed"]
        assert len(failures) >= TIMES * len(rush.promises), f"{worker.name} failed only {len(failures)} times"
