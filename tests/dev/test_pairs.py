"""Two of everybody: the journeys pass, and the loss of one is not noticed."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import httpx2
import pytest

from tests.dev.conftest import CANARIES, IN_HAND, Day, walk_the_journeys
from tests.dev.rung import Rung, until

ASKED = {
    "user": "/api/v1/me",
    "product": "/api/v1/products?q=mug{number}",
    "order": "/api/v1/orders",
    "payment": "/api/v1/payment-methods",
}
"""What may be asked twice, of each service; never the same, so that no cache answers."""
FREEZABLE = ("product", "order")


def test_the_journeys_pass_unchanged_with_two_of_everybody(pairs: Rung, tmp_path: Path) -> None:
    assert len(pairs.shop) == 22 + len(CANARIES)
    walk_the_journeys(pairs, tmp_path)


@pytest.mark.parametrize("service", ASKED)
async def test_nobody_who_only_asks_notices_that_a_replica_is_killed(pairs: Rung, day: Day, service: str) -> None:
    customer = await asyncio.to_thread(day.shop.customer)
    await asyncio.to_thread(pairs.all_well, service, 2)
    async with asking(pairs, customer.access, ASKED[service]) as answers:
        await asyncio.to_thread(pairs.kill_and_see_it_back, f"{service}-api-1")
    print(f"{service}: {answers}")
    assert answers.keys() == {200}


def test_an_order_goes_on_when_each_service_loses_a_worker(pairs: Rung, day: Day) -> None:
    customer, sku = day.shop.customer(), day.shop.staff().something_new(stock=20)
    placed: list[str] = []
    for service in ("product", "order", "payment", "notification"):
        placed.append(customer.checkout(**{sku: 1})["id"])
        pairs.kill_and_see_it_back(f"{service}-worker-1")
        placed.append(customer.checkout(**{sku: 1})["id"])
        pairs.kill_and_see_it_back(f"{service}-worker-2")
    assert [customer.order_in(each, "CONFIRMED", "CANCELLED")["state"] for each in placed] == ["CONFIRMED"] * 8
    day.ends_well(resends=2 * IN_HAND)


@pytest.mark.parametrize("service", FREEZABLE)
async def test_nobody_who_only_asks_notices_that_a_replica_is_frozen(pairs: Rung, day: Day, service: str) -> None:
    """Not killed: it still takes connections. Envoy leaves it alone soon, and asks the other one meanwhile."""
    customer = await asyncio.to_thread(day.shop.customer)
    await asyncio.to_thread(pairs.all_well, service, 2)
    async with asking(pairs, customer.access, ASKED[service]) as answers:
        with pairs.frozen(f"{service}-api-2"):
            await asyncio.to_thread(pairs.all_well, service, 1)
            left_alone = answers.total()
            await asyncio.to_thread(until, lambda: answers.total() > left_alone + 50, "answers from the other one")
    print(f"{service}: {answers}")
    assert answers.keys() == {200}


@asynccontextmanager
async def asking(
    rung: Rung, token: str, path: str, *, at_once: int = 4, pause: float = 0
) -> AsyncGenerator[Counter[int]]:
    """Ask, each after a pause, while the context is open; how often each status was answered."""
    answers: Counter[int] = Counter()
    numbers = count()

    async def ask(client: httpx2.AsyncClient) -> None:
        while True:
            answer = await client.get(path.format(number=next(numbers)))
            answers[answer.status_code] += 1
            await asyncio.sleep(pause)

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=rung.url, headers=headers, timeout=20) as client:
        tasks = [asyncio.create_task(ask(client)) for _ in range(at_once)]
        try:
            yield answers
        finally:
            for each in tasks:
                each.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [each for each in ended if not isinstance(each, asyncio.CancelledError)] == []
