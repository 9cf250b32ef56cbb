"""The worker at work: relay, consumers and sweeper, with neighbours that answer as they should."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from chassis.broker import Dispatch, Verdict
from chassis.memory_broker import MemoryBroker
from chassis.messages import Contract, Envelope, seal
from chassis.worker import running
from chassis.world import World
from contracts.payment import PaymentAuthorized, PaymentCaptured, PaymentRefunded
from contracts.product import StockCommitted, StockReleased, StockReserved
from contracts.topology import bindings
from order_service.wiring import OrderService, in_memory, open_service
from order_service.worker import parts

ANSWERS: dict[str, type[Any]] = {
    "ReserveStock.v1": StockReserved,
    "CommitStock.v1": StockCommitted,
    "ReleaseStock.v1": StockReleased,
    "AuthorizePayment.v1": PaymentAuthorized,
    "CapturePayment.v1": PaymentCaptured,
    "RefundPayment.v1": PaymentRefunded,
}


@pytest.fixture(params=["memory", "mongo"])
async def service(request: pytest.FixtureRequest, settings: Any, transport: Any) -> AsyncIterator[OrderService]:
    if request.param == "memory":
        yield in_memory(settings, World(), transport=transport)
        return
    fresh = request.getfixturevalue("fresh_mongo")
    real = settings.model_copy(update={"mongo_url": fresh.url, "mongo_database": fresh.database})
    async with open_service(real, World(), transport=transport) as opened:
        assert [await check() for check in opened.checks] == [[], []]
        yield opened


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker(bindings(), World())


def obedient(broker: MemoryBroker, heard: list[str]) -> Dispatch:
    """A neighbour that does what it is told and says so."""

    async def obey(body: bytes) -> Verdict:
        command = Envelope.model_validate_json(body)
        heard.append(command.type)
        facts = {"amount": 1654, "currency": "EUR", **{k: v for k, v in command.data.items() if v is not None}}
        reply: Contract = ANSWERS[command.type](**facts)
        broker.deliver("order", seal(reply, world=World()).body)
        return Verdict.DONE

    return obey


async def test_an_order_walks_to_its_end_by_messages_alone(service, broker, till) -> None:
    heard: list[str] = []
    neighbours = obedient(broker, heard)
    probe = service.store_answers

    async with (
        asyncio.timeout(20),
        running(parts(service), broker=broker, world=World()),
        broker.consume("product", neighbours, store_answers=probe),
        broker.consume("payment", neighbours, store_answers=probe),
    ):
        order = await till.placed()
        order = await service.see_order(order.id, user_id=order.user_id, wait=10)
        assert order.state == "CONFIRMED"

        await till.cancel(order)
        order = await service.see_order(order.id, user_id=order.user_id, wait=10)

    assert (order.state, order.refunded) == ("CANCELLED", 1654)
    assert sorted(heard) == sorted(ANSWERS)


async def test_an_order_that_was_placed_while_no_worker_ran_is_not_forgotten(service, broker, till) -> None:
    order = await till.placed()
    neighbours = obedient(broker, [])

    async with (
        asyncio.timeout(20),
        running(parts(service), broker=broker, world=World()),
        broker.consume("product", neighbours, store_answers=service.store_answers),
        broker.consume("payment", neighbours, store_answers=service.store_answers),
    ):
        assert (await service.see_order(order.id, user_id=order.user_id, wait=10)).state == "CONFIRMED"


def test_the_jobs_are_those_that_the_settings_time(service) -> None:
    work = parts(service)

    assert {job.name: job.every.total_seconds() for job in work.jobs} == {"sweep": 2, "count-open": 5}
    assert work.service == "order"
