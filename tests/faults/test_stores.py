"""A store that goes away for a moment: nothing acknowledged is lost, and whoever asks meanwhile is told to wait."""

import asyncio
import os
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest
from dev.grounds import by_hand
from testkit.evidence import Evidence
from testkit.stores.server import Server

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.ending import ends_well
from tests.faults.shop.shelves import put_on_shelves
from tests.faults.shop.wishes import mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAUSE_SECONDS = float(os.environ.get("MERCATO_PAUSE_SECONDS", "3"))
"""How long a store is frozen; 60 is the size that counts."""
ASKS = {"postgres": "/api/v1/payment-methods", "mongo": "/api/v1/cart"}
"""A question that this store alone can answer."""
STORES = ("postgres", "mongo", "redis", "rabbit")
IN_HAND = 4
RESENDS = {"mongo": IN_HAND}
"""So many mails notification sends at once: when MongoDB goes, it cannot write down which of them have left."""
UNTAKEN = ("message.not_taken", "relay.refused")
EXCUSED = {"rabbit": UNTAKEN}
"""What was under way to the broker when it went."""


@pytest.mark.parametrize("store", ASKS)
async def test_a_killed_database_loses_nothing_that_was_acknowledged(crowd: Crowd, dice: Random, store: str) -> None:
    plenty, short = f"{store.upper()}-PLENTY", f"{store.upper()}-SHORT"
    await put_on_shelves(crowd.street, **{plenty: 500, short: 3})
    server = getattr(crowd.street.grounds, store)

    async with crowd.rush(mixed(dice, plenty=plenty, short=short, count=50), admitted=30) as rush:
        await rush.reached(15)
        await by_hand(server.kill)
        refused = await crowd.buyers[0].once("GET", ASKS[store])
        await by_hand(server.start)
        rush.admit(20)

    assert refused is not None
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:mercato:problem:unavailable"
    await ends_well(crowd, rush.promises, short={short: 3}, resends=RESENDS.get(store, 0))


@pytest.mark.parametrize("store", STORES)
async def test_a_store_that_freezes_and_thaws_costs_nobody_anything(
    crowd: Crowd, dice: Random, store: str, evidence: Evidence
) -> None:
    evidence("F3", trials=1, unit="stores frozen during checkouts")
    plenty, short = f"FROZEN-{store.upper()}-PLENTY", f"FROZEN-{store.upper()}-SHORT"
    await put_on_shelves(crowd.street, **{plenty: 500, short: 2})
    server = crowd.street.grounds.stores[store]

    async with crowd.rush(mixed(dice, plenty=plenty, short=short, count=30), admitted=10) as rush:
        await rush.reached(5)
        server.pause()
        try:
            rush.admit(10)
            await asyncio.sleep(PAUSE_SECONDS)
        finally:
            server.resume()
        rush.admit(10)

    await ends_well(
        crowd, rush.promises, short={short: 2}, resends=RESENDS.get(store, 0), excused=EXCUSED.get(store, ())
    )


def _restarted(server: Server) -> None:
    """In order: it says goodbye to those who are connected."""
    server.restart()


def _crashed(server: Server) -> None:
    """Without a word, and back at once."""
    server.kill()
    server.start()


WAYS: Mapping[str, Callable[[Any], None]] = {"restarted": _restarted, "crashed": _crashed}


@pytest.mark.parametrize("store", STORES)
async def test_a_store_that_goes_twice_and_comes_back_costs_nobody_anything(
    crowd: Crowd, dice: Random, store: str, evidence: Evidence
) -> None:
    evidence("F4", trials=len(WAYS), unit="stores restarted or killed during checkouts")
    plenty, short = f"TWICE-{store.upper()}-PLENTY", f"TWICE-{store.upper()}-SHORT"
    await put_on_shelves(crowd.street, **{plenty: 500, short: 2})
    server = crowd.street.grounds.stores[store]

    async with crowd.rush(mixed(dice, plenty=plenty, short=short, count=30), admitted=10) as rush:
        for reached, again in zip((5, 15), WAYS.values(), strict=True):
            await rush.reached(reached)
            await by_hand(lambda again=again: again(server))
            rush.admit(10)

    resends = len(WAYS) * RESENDS.get(store, 0)
    await ends_well(crowd, rush.promises, short={short: 2}, resends=resends, excused=EXCUSED.get(store, ()))
