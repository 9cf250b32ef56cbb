"""What is recorded, what is handed on, and what leaves the process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from chassis import otlp, tracing
from chassis.database import Database
from chassis.documents import Documents
from chassis.faults import BrokerDown, StoreUnavailable
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.messages import Envelope, Outgoing
from chassis.rate_limits import Rule
from chassis.redis_limiter import RedisLimiter
from chassis.relay import Relay
from chassis.server import listen, make_server
from chassis.world import World
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanKind
from simulators.spans import SpanCatcher
from sqlalchemy import text
from testkit.traces import Recorded, recorded

from .conftest import Said

TRACE = "0af7651916cd43dd8448eb211c80319c"
RECORDED, UNRECORDED = f"00-{TRACE}-b7ad6b7169203331-01", f"00-{TRACE}-b7ad6b7169203331-00"


@pytest.fixture
def kept() -> Iterator[Recorded]:
    with recorded() as found:
        yield found


async def test_a_process_without_a_collector_hands_on_ids_and_records_nothing() -> None:
    tracing.install()
    with recorded() as kept:
        pass
    with tracing.span("work", traceparent=RECORDED), tracing.step("call"):
        assert tracing.current_trace_id() == TRACE
        assert not tracing.recording()
        assert (tracing.current_traceparent() or "").endswith("-00")

    assert kept.names == []


async def test_whoever_began_a_trace_decides_whether_it_is_recorded(kept) -> None:
    with tracing.span("unrecorded", traceparent=UNRECORDED), tracing.step("call"):
        pass
    with tracing.span("recorded", traceparent=RECORDED), tracing.step("call"):
        pass

    assert kept.names == ["call", "recorded"]
    call, work = kept.spans
    assert (call["traceId"], call["parentSpanId"]) == (TRACE, work["spanId"])
    assert work["parentSpanId"] == RECORDED.split("-")[2]


async def test_of_traces_that_begin_here_a_share_is_recorded() -> None:
    with recorded(share=0.5) as kept:
        for _ in range(400):
            with tracing.span("work"):
                pass

    assert 100 < len(kept.names) < 300


async def test_no_text_of_an_exception_and_no_attribute_that_is_not_known_leaves_the_process(kept) -> None:
    told = {"url.path": "/users/ada", "url.query": "email=ada@example.com", "http.route": "/users"}
    with suppress(LookupError), tracing.span("work") as running:
        running.set_attributes(told)
        raise LookupError("ada@example.com is not known")

    (span,) = kept.spans
    assert span["attributes"] == [
        {"key": "http.route", "value": {"stringValue": "/users"}},
        {"key": "error.type", "value": {"stringValue": "LookupError"}},
    ]
    assert span["status"] == {"code": 2}
    assert "ada@" not in str(span)


async def test_a_call_that_fails_is_seen_by_its_kind_and_nothing_is_swallowed(kept) -> None:
    with tracing.span("work"), pytest.raises(ValueError, match="secret"), tracing.step("call", peer_service="bank"):
        raise ValueError("secret")

    call = kept.spans[0]
    assert (call["name"], call["kind"], call["status"]) == ("call", 3, {"code": 2})
    assert {each["key"] for each in call["attributes"]} == {"peer.service", "error.type"}


@dataclass
class Overheard:
    """A line to nobody, or one that is lost as soon as somebody speaks."""

    lost: bool = False
    heard: list[Envelope] = field(default_factory=list)

    async def publish(self, batch: Sequence[Outgoing]) -> frozenset[UUID]:
        if self.lost:
            raise BrokerDown("gone")
        self.heard += [each.envelope for each in batch]
        return frozenset(each.id for each in batch)

    def check(self) -> None: ...

    async def incarnation(self) -> UUID | None: ...

    async def write_incarnation(self, incarnation: UUID) -> None: ...


async def said(*traceparents: str | None) -> tuple[Relay, MemoryStore]:
    store = MemoryStore(World())
    async with store.transaction():
        for each in traceparents:
            with tracing.span("decide", traceparent=each):
                store.announce(Said(order_id=store.world.ids.uuid7()))
    broker = MemoryBroker({}, store.world)
    return Relay(service="product", outbox=store.outbox, broker=broker, world=store.world), store


async def test_a_message_leaves_under_a_span_of_its_own_and_names_it(kept) -> None:
    relay, store = await said(RECORDED, UNRECORDED)
    line = Overheard()

    await relay.turn(store.outbox, line)

    (left,) = [each for each in kept.spans if each["name"] == "say StockReserved.v1"]
    decided = next(each for each in kept.spans if each["name"] == "decide")
    traces = [each.trace for each in line.heard]
    assert (left["kind"], left["parentSpanId"]) == (4, decided["spanId"])
    assert traces[0] == f"00-{TRACE}-{left['spanId']}-01"
    assert traces[1] == store.announced[1].envelope.trace


async def test_a_message_that_did_not_leave_says_so_and_is_not_lost(kept) -> None:
    relay, store = await said(RECORDED)

    with pytest.raises(BrokerDown):
        await relay.turn(store.outbox, Overheard(lost=True))

    (left,) = [each for each in kept.spans if each["name"] == "say StockReserved.v1"]
    assert left["status"] == {"code": 2}
    assert (await store.outbox.backlog()).pending == 1


async def test_what_postgres_is_asked_inside_of_a_request_is_seen_without_what_it_was_about(
    kept, fresh_database
) -> None:
    database = Database((await fresh_database("spans")).url)
    async with database.transaction() as connection:
        await connection.execute(text("SELECT 'nobody asked for this'"))
    with tracing.span("request"):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT CAST(:who AS text)"), {"who": "ada@example.com"})
        with suppress(StoreUnavailable):
            async with database.transaction() as connection:
                await connection.execute(text("SET LOCAL lock_timeout = 1"))
                await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await database.close()

    names = [(each["name"], each["status"]["code"]) for each in kept.spans]
    assert names == [
        ("SELECT", 0),
        ("transaction", 0),
        ("SET", 0),
        ("SELECT", 2),
        ("transaction", 2),
        ("request", 0),
    ]
    assert "ada@" not in str(kept.spans)


async def test_what_mongo_is_sent_inside_of_a_request_is_seen_without_what_it_was_about(kept, fresh_mongo) -> None:
    documents = Documents(fresh_mongo.url, fresh_mongo.database)
    await documents.database.things.find_one({"nobody": "asked"})
    with tracing.span("request"):
        await documents.database.things.insert_one({"_id": 1, "who": "ada@example.com"})
        await asyncio.gather(*(documents.database.things.find_one({"_id": 1}) for _ in range(5)))
    await documents.close()

    assert sorted(kept.names) == ["find"] * 5 + ["insert", "request"]
    assert "ada@" not in str(kept.spans)


async def test_what_redis_is_asked_names_the_rule_and_nobody(kept, fresh_redis) -> None:
    limiter = RedisLimiter(fresh_redis, World())
    rule = Rule("sign-ins", 3, timedelta(minutes=1))
    with tracing.span("request"):
        await limiter.hit(rule, "ada@example.com")
    await limiter.close()

    assert kept.names == ["hit sign-ins", "request"]
    assert "ada@" not in str(kept.spans)


@asynccontextmanager
async def serving(catcher: SpanCatcher) -> AsyncIterator[str]:
    door = listen("127.0.0.1", 0)
    server = make_server(catcher.app)
    task = asyncio.create_task(server._serve([door]))
    while not server.started:
        await asyncio.sleep(0)
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    await task


async def test_spans_reach_a_collector_and_say_whose_they_are(kept) -> None:
    with tracing.span("work", traceparent=RECORDED, kind=SpanKind.CONSUMER):
        pass
    catcher = SpanCatcher()

    async with serving(catcher) as url:
        sent = await asyncio.to_thread(otlp.Exporter(url).export, kept.ended)

    assert sent is SpanExportResult.SUCCESS
    (fact,) = catcher.facts()
    assert (fact["trace"], fact["parent"], fact["name"]) == (TRACE, "b7ad6b7169203331", "work")
    assert (fact["role"], fact["failed"], fact["attributes"]) == ("consumer", False, {})


async def test_a_collector_that_is_away_costs_the_spans_and_is_not_waited_for_at_the_end(kept) -> None:
    with tracing.span("work"):
        pass
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        exporter = otlp.Exporter(f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert exporter.export(kept.ended) is SpanExportResult.FAILURE
        exporter.hurry()
        assert exporter.export(kept.ended) is SpanExportResult.FAILURE
        taken.listen()
        taken.settimeout(0)
        assert exporter.export(kept.ended) is SpanExportResult.FAILURE
        with pytest.raises(BlockingIOError):
            taken.accept()
