"""What is counted of a process itself: how full, how late, what was sent away, what came round."""

import asyncio
from datetime import timedelta

import pytest
from chassis.admission import Admission
from chassis.bounds import Bounds, Load, StreamsFull, resting, streaming
from chassis.database import POOL_SIZE, Database
from chassis.documents import POOL_SIZE as DOCUMENT_POOL
from chassis.documents import Documents
from chassis.faults import StoreUnavailable
from chassis.health import Health
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.metrics import Metrics
from chassis.rate_limits import Rule
from chassis.redis_limiter import RedisLimiter
from chassis.relay import Relay
from chassis.worker import ON_TABLES, WorkerParts
from chassis.world import World

from .conftest import Said, Unheard


def told(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def test_a_pool_of_tables_tells_how_full_it_is_and_who_waited_in_vain(fresh_database) -> None:
    database = Database((await fresh_database("pools")).url, pool_size=1)
    metrics = Metrics("tested")
    metrics.pools.add(database.pool)

    async with database.reading():
        taken = told(metrics, "shop_pool_in_use", store="postgresql")
        with pytest.raises(StoreUnavailable):
            await database.transaction().__aenter__()
    free = told(metrics, "shop_pool_in_use", store="postgresql")
    await database.close()

    assert (taken, free) == (1, 0)
    assert told(metrics, "shop_pool_size", store="postgresql") == 1
    assert told(metrics, "shop_pool_timeouts_total", store="postgresql") == 1


async def test_a_pool_of_documents_tells_how_full_it_is(fresh_mongo) -> None:
    documents = Documents(fresh_mongo.url, fresh_mongo.database)
    metrics = Metrics("tested")
    metrics.pools.add(documents.pool)
    await documents.database.things.insert_many([{"n": n} for n in range(3)])

    slow = {"$where": "sleep(1000) || true"}
    asked = asyncio.create_task(documents.database.things.find_one(slow))
    async with asyncio.timeout(5):
        while told(metrics, "shop_pool_in_use", store="mongodb") == 0:
            await asyncio.sleep(0.01)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    free = told(metrics, "shop_pool_in_use", store="mongodb")
    await documents.close()

    assert free == 0
    assert told(metrics, "shop_pool_size", store="mongodb") == DOCUMENT_POOL


async def test_a_redis_that_is_away_is_counted_as_waiting_in_vain() -> None:
    limiter = RedisLimiter("redis://127.0.0.1:1/0", World())
    metrics = Metrics("tested")
    metrics.pools.add(limiter.pool)

    await limiter.hit(Rule("each", 1, timedelta(minutes=1)), "somebody")

    assert told(metrics, "shop_pool_timeouts_total", store="redis") == 1
    await limiter.close()


def test_consumers_leave_half_of_a_pool_to_everybody_else() -> None:
    assert ON_TABLES <= POOL_SIZE / 2
    assert WorkerParts.__dataclass_fields__["concurrency"].default <= DOCUMENT_POOL / 2


async def test_requests_are_counted_by_kind_while_they_last_and_when_they_are_sent_away() -> None:
    metrics, load = Metrics("tested"), Load(Admission(1, World().clock))
    metrics.watch(Health(World()), load)
    seen: dict[str, float | None] = {}

    async def look(scope, receive, send) -> None:
        seen["working"] = told(metrics, "shop_requests_in_flight", kind="working")
        with resting(scope):
            seen["resting"] = told(metrics, "shop_requests_in_flight", kind="resting")
        with streaming(scope):
            seen["streaming"] = told(metrics, "shop_requests_in_flight", kind="streaming")
        load.streaming = 10
        with pytest.raises(StreamsFull), streaming(scope):
            pass
        await bounds(scope, receive, send)

    async def ignore(_event: object) -> None: ...

    bounds = Bounds(look, load=load, world=World())
    await bounds({"type": "http", "method": "GET", "path": "/", "headers": []}, None, ignore)

    assert seen == {"working": 1, "resting": 1, "streaming": 1}
    assert told(metrics, "shop_requests_in_flight", kind="working") == 0
    assert told(metrics, "shop_requests_shed_total", kind="own") == 1
    assert told(metrics, "shop_requests_shed_total", kind="streaming") == 1


class Late:
    """A clock that comes back a quarter of a second late."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self):
        raise AssertionError("nobody asks")

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds + 0.25
        await asyncio.sleep(0)


async def test_an_event_loop_that_comes_round_late_is_seen() -> None:
    health, metrics = Health(World(clock=Late())), Metrics("tested")
    metrics.watch(health)

    ticking = asyncio.create_task(health.tick())
    async with asyncio.timeout(5):
        while not told(metrics, "shop_event_loop_lag_seconds_count"):
            await asyncio.sleep(0)
    ticking.cancel()

    count = told(metrics, "shop_event_loop_lag_seconds_count") or 0
    assert told(metrics, "shop_event_loop_lag_seconds_sum") == pytest.approx(0.25 * count)


async def test_what_the_broker_took_and_what_it_refused_are_counted() -> None:
    store, metrics = MemoryStore(World()), Metrics("tested")
    async with store.transaction():
        for kind in (Said, Said, Unheard):
            store.announce(kind(order_id=store.world.ids.uuid7()))
    broker = MemoryBroker({("product.events", "StockReserved.v1"): frozenset({"order"})}, store.world)
    relay = Relay(service="product", outbox=store.outbox, broker=broker, world=store.world, relayed=metrics.relayed)

    async with broker.line("product") as line:
        await relay.turn(store.outbox, line)

    assert told(metrics, "shop_outbox_published_total") == 2
    assert told(metrics, "shop_outbox_refused_total") == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(None, "done"), (StoreUnavailable("PostgreSQL", "away"), "put_off"), (LookupError(), "failed")],
)
async def test_rounds_are_counted_by_what_became_of_them(fault: Exception | None, outcome: str) -> None:
    metrics = Metrics("tested")

    async def work() -> int:
        if fault is not None:
            raise fault
        return 0

    working = asyncio.create_task(Job("sweep", timedelta(hours=1), work).forever(World(), metrics.went_round))
    async with asyncio.timeout(5):
        while not told(metrics, "shop_job_rounds_total", job="sweep", outcome=outcome):
            await asyncio.sleep(0)
    working.cancel()

    assert told(metrics, "shop_job_rounds_total", job="sweep", outcome=outcome) == 1
