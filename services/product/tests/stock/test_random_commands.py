"""Any commands in any order: the invariants hold after each, and the twin in memory does as PostgreSQL does."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.auth import Principal
from chassis.idempotency import IdempotencyKeyReused
from chassis.world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from product_service.domain.hold import NothingToCommit
from product_service.domain.stock import Entry, NotEnoughStock, QuantityNotAcceptable, SkuNotFound
from testkit.verify.facts import Facts

from .conftest import LONG, OVER, HandClock, Warehouse, memory_warehouse_in, violations

ORDERS = [UUID(int=n) for n in range(1, 4)]
SKUS = {"a": 3, "b": 4, "c": 0}
STAFF = [Entry.RESTOCK, Entry.RETURN, Entry.ADJUST]
ADA = Principal(UUID(int=1), UUID(int=2), frozenset({"admin"}))
REFUSALS = (NothingToCommit, SkuNotFound, NotEnoughStock, QuantityNotAcceptable, IdempotencyKeyReused)


@dataclass(frozen=True)
class Given:
    """One command, as data, so that it can be given to both twins."""

    verb: str
    arguments: dict[str, Any]

    async def to(self, warehouse: Warehouse) -> str:
        """What came of it, in a word."""
        told = self.arguments
        try:
            match self.verb:
                case "reserve":
                    await warehouse.reserve(told["order"], *told["lines"], ttl=told["ttl"])
                case "commit":
                    await warehouse.commit(told["order"])
                case "release":
                    await warehouse.release(told["order"])
                case "expire":
                    return f"expired {await warehouse.expire()}"
                case _:
                    done = await warehouse.adjust(**told, reason="", by=ADA)
                    return f"{done.level}, {done.replayed=}"
        except REFUSALS as refusal:
            return type(refusal).__name__
        return "done"


def given_command(draw: Any) -> Given:
    """`draw` picks one of its arguments: by Hypothesis or by seeded dice."""
    verb = draw(["reserve", "reserve", "commit", "commit", "release", "expire", "adjust"])
    order = draw(ORDERS)
    sku = lambda: draw([*SKUS, "unknown"] if draw(range(8)) == 0 else list(SKUS))  # noqa: E731
    match verb:
        case "reserve":
            lines = [(sku(), draw(range(1, 4))) for _ in range(draw(range(1, 4)))]
            return Given(verb, {"order": order, "lines": lines, "ttl": draw([LONG, OVER])})
        case "commit" | "release":
            return Given(verb, {"order": order})
        case "expire":
            return Given(verb, {})
    key = f"key-{draw(range(6))}"
    return Given(verb, {"sku": sku(), "entry": draw(STAFF), "quantity": draw(range(-4, 6)), "key": key})


@st.composite
def commands(draw: st.DrawFn) -> list[Given]:
    count = draw(st.integers(1, 30))
    return [given_command(lambda choices: draw(st.sampled_from(list(choices)))) for _ in range(count)]


async def opened(warehouse: Warehouse) -> Warehouse:
    for sku, pieces in SKUS.items():
        await warehouse.add(sku, pieces)
    return warehouse


@settings(max_examples=200, deadline=None)
@given(commands())
def test_the_invariants_hold_after_every_command(given: list[Given]) -> None:
    async def obey_all() -> None:
        clock = HandClock()
        warehouse = await opened(memory_warehouse_in(World(clock=clock)))
        for each in given:
            clock.move(milliseconds=1)
            await each.to(warehouse)
            assert await warehouse.violations() == []

    asyncio.run(obey_all())


async def test_the_twin_in_memory_does_as_postgres_does(postgres_warehouse: Warehouse) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    clock = HandClock()
    real, twin = await opened(postgres_warehouse), await opened(memory_warehouse_in(World(clock=clock)))

    for _ in range(100):
        clock.move(milliseconds=1)
        each = given_command(lambda choices: dice.choice(list(choices)))

        assert (each, await each.to(real)) == (each, await each.to(twin))

        facts = await real.everything()
        assert violations(facts) == []
        assert comparable(facts) == comparable(await twin.everything())
    assert [(each.type, each.data) for each in await real.envelopes()] == [
        (each.type, each.data) for each in await twin.envelopes()
    ]


def comparable(facts: Facts) -> dict[str, Any]:
    """All that can be seen, but for ids, times, traces, and the order of rows."""
    unlike = dict.fromkeys(("id", "at", "sent_at", "trace"), "")
    rows = {kind: [{**fact, **unlike} for fact in facts[kind]] for kind in ("stock", "stock_ledger", "hold", "outbox")}
    return {kind: sorted(found, key=str) for kind, found in rows.items()}
