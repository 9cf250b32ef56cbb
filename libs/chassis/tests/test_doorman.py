"""The doorman of the side door: what it lets in, and what it says became of it."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from chassis import consuming, tracing
from chassis.broker import Verdict
from chassis.consuming import Dispatcher, Listener
from chassis.faults import StoreUnavailable
from chassis.messages import Envelope, seal
from chassis.world import World

from .conftest import Said


class Heard:
    """Remembers what it was given; raises what it was told to first."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.given: list[tuple[Said, Envelope]] = []
        self.traces: list[str | None] = []

    async def __call__(self, message: Said, envelope: Envelope) -> None:
        self.given.append((message, envelope))
        self.traces.append(tracing.current_trace_id())
        if self.faults:
            raise self.faults.pop(0)


def dispatcher(heard: Any, seen: list[tuple[str, Verdict]] | None = None) -> Dispatcher:
    observe = None if seen is None else lambda type_, verdict, _seconds: seen.append((type_, verdict))
    return Dispatcher(Listener(Said, heard), observe=observe)


def body(**changed: Any) -> bytes:
    sealed = seal(Said(order_id=uuid4(), text="a"), world=World())
    return json.dumps({**json.loads(sealed.body), **changed}).encode()


async def test_a_message_reaches_its_listener_with_its_envelope() -> None:
    heard, message = Heard(), Said(order_id=uuid4(), text="a")
    sealed = seal(message, world=World())

    assert await dispatcher(heard)(sealed.body) is Verdict.DONE
    assert heard.given == [(message, sealed.envelope)]


async def test_unknown_fields_are_tolerated_and_an_unknown_major_is_not() -> None:
    heard = Heard()
    data = {"order_id": str(uuid4()), "text": "a", "colour": "new"}

    assert await dispatcher(heard)(body(data=data, shape="new")) is Verdict.DONE
    assert await dispatcher(heard)(body(type="StockReserved.v2")) is Verdict.DEAD
    assert len(heard.given) == 1


POISON = {
    "nothing": b"",
    "no json": b"{",
    "no utf-8": b"\xff\xfe\xfd",
    "no object": b"[1]",
    "deep": b"[" * 100_000,
    "a number of 5000 digits": b'{"id": ' + b"1" * 5000 + b"}",
    "no envelope": b"{}",
    "no type": body(type=None),
    "a type that is a list": body(type=["StockReserved.v1"]),
    "nobody's type": body(type="StockLost.v1"),
    "no data": body(data=None),
    "other data": body(data={"order_id": "not an id"}),
    "no id": body(id="not an id"),
    "too large": body(data={"order_id": str(uuid4()), "text": "x" * consuming.MAX_BODY}),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
async def test_poison_is_dead_at_once_and_nobody_handles_it(poison) -> None:
    heard, seen = Heard(), []

    assert await dispatcher(heard, seen)(poison) is Verdict.DEAD
    assert heard.given == []
    assert seen == [("unknown", Verdict.DEAD)]


async def test_a_fault_of_the_message_may_heal_and_one_of_the_store_is_not_its_fault() -> None:
    seen: list[tuple[str, Verdict]] = []
    listen = dispatcher(Heard(LookupError("a bug"), StoreUnavailable("PostgreSQL")), seen)

    assert [await listen(body()) for _ in range(3)] == [Verdict.RETRY, Verdict.STORE_DOWN, Verdict.DONE]
    assert seen == [("StockReserved.v1", each) for each in (Verdict.RETRY, Verdict.STORE_DOWN, Verdict.DONE)]


async def test_a_handler_that_hangs_is_ended(monkeypatch) -> None:
    monkeypatch.setattr(consuming, "HANDLER_SECONDS", 0.01)

    async def hang(_message: Said, _envelope: Envelope) -> None:
        await asyncio.Event().wait()

    assert await dispatcher(hang)(body()) is Verdict.RETRY


async def test_the_trace_goes_on_where_the_message_came_from() -> None:
    tracing.install()
    heard, trace = Heard(), "0af7651916cd43dd8448eb211c80319c"

    await dispatcher(heard)(body(trace=f"00-{trace}-b7ad6b7169203331-01"))

    assert heard.traces == [trace]
