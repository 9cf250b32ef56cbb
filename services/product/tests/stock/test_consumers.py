"""The side door: a command on the wire reaches its use case, and its answer leaves for order."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from chassis.broker import Verdict
from chassis.consuming import Dispatcher
from chassis.memory_broker import MemoryBroker
from chassis.messages import Contract, Envelope, seal
from chassis.worker import running
from chassis.world import World
from contracts.product import CommitStock, ReleaseStock, ReserveStock, ReturnStock, StockLine
from contracts.topology import bindings
from product_service.consumers import listeners
from product_service.settings import ProductSettings
from product_service.wiring import ProductService, in_memory
from product_service.worker import parts

from .conftest import HandClock


@pytest.fixture
def settings() -> ProductSettings:
    return ProductSettings(database_url="memory://", broker_url="memory://", user_url="http://unused")


@pytest.fixture
def service(settings: ProductSettings) -> ProductService:
    return in_memory(settings, World())


@pytest.fixture
async def sku(service: ProductService) -> str:
    """Something that is for sale."""
    return (await anything(service))["sku"]


async def anything(service: ProductService) -> dict[str, Any]:
    on_shelf = [fact async for fact in service.facts() if fact["kind"] == "stock" and fact["on_hand"] > 2]
    return on_shelf[0]


async def hear(service: ProductService, command: Contract) -> Verdict:
    return await Dispatcher(*listeners(service))(seal(command, world=World()).body)


async def said(service: ProductService) -> list[str]:
    return [fact["type"] async for fact in service.facts() if fact["kind"] == "outbox"]


async def test_each_command_is_obeyed_and_answered(service: ProductService, sku: str, order: UUID) -> None:
    commands = [
        ReserveStock(order_id=order, lines=(StockLine(sku=sku, quantity=2),)),
        CommitStock(order_id=order),
        ReleaseStock(order_id=order),
    ]

    assert [await hear(service, command) for command in commands] == [Verdict.DONE] * 3

    assert await said(service) == ["StockReserved.v1", "StockCommitted.v1", "StockReleased.v1"]


async def test_goods_that_come_back_are_taken_in_and_nobody_is_answered(
    service: ProductService, sku: str, order: UUID
) -> None:
    lines = (StockLine(sku=sku, quantity=2),)
    await hear(service, ReserveStock(order_id=order, lines=lines))
    await hear(service, CommitStock(order_id=order))
    before = [fact async for fact in service.facts() if fact["kind"] == "stock" and fact["sku"] == sku]
    answers = await said(service)

    verdicts = [await hear(service, ReturnStock(order_id=order, refund_id=UUID(int=7), lines=lines)) for _ in range(2)]

    [after] = [fact async for fact in service.facts() if fact["kind"] == "stock" and fact["sku"] == sku]
    assert verdicts == [Verdict.DONE, Verdict.DONE]
    assert after["on_hand"] == before[0]["on_hand"] + 2
    assert await said(service) == answers


async def test_what_was_never_sold_does_not_come_back_but_the_message_may_have_been_too_early(
    service: ProductService, sku: str, order: UUID
) -> None:
    back = ReturnStock(order_id=order, refund_id=UUID(int=7), lines=(StockLine(sku=sku, quantity=1),))

    assert await hear(service, back) is Verdict.RETRY


async def test_a_commit_that_overtook_its_reservation_climbs_the_ladder_and_says_nothing(
    service: ProductService, order: UUID
) -> None:
    assert await hear(service, CommitStock(order_id=order)) is Verdict.RETRY

    assert await said(service) == []


async def test_the_first_answer_to_each_order_is_counted(service: ProductService, sku: str) -> None:
    for order, quantity in ((UUID(int=1), 1), (UUID(int=1), 1), (UUID(int=2), 1), (UUID(int=3), 1_000_000)):
        command = ReserveStock(order_id=order, lines=(StockLine(sku=sku, quantity=quantity),))
        await hear(service, command)

    counted = {
        answer: service.metrics.registry.get_sample_value("shop_holds_total", {"answer": answer})
        for answer in ("reserved", "rejected")
    }
    assert counted == {"reserved": 2, "rejected": 1}


async def test_the_job_lets_go_of_what_was_held_for_too_long_and_counts_it(
    settings: ProductSettings, clock: HandClock, world: World, order: UUID
) -> None:
    service = in_memory(settings, world)
    [expire_holds] = [job for job in service.jobs if job.name == "expire-holds"]
    sku = (await anything(service))["sku"]
    await hear(service, ReserveStock(order_id=order, lines=(StockLine(sku=sku, quantity=1),)))

    clock.move(minutes=39)
    assert await expire_holds.run() == 0
    clock.move(minutes=2)
    assert [await expire_holds.run(), await expire_holds.run()] == [1, 0]

    assert service.metrics.registry.get_sample_value("shop_holds_expired_total") == 1


async def test_the_worker_hears_commands_from_the_broker_and_order_hears_the_answer(
    service: ProductService, sku: str, order: UUID
) -> None:
    world = World()
    broker = MemoryBroker(bindings(), world)
    heard: asyncio.Queue[Envelope] = asyncio.Queue()

    async def order_listens(body: bytes) -> Verdict:
        heard.put_nowait(Envelope.model_validate_json(body))
        return Verdict.DONE

    async with (
        running(parts(service), broker=broker, world=world),
        broker.consume("order", order_listens, store_answers=service.store_answers, concurrency=1),
        broker.line("order") as line,
        asyncio.timeout(5),
    ):
        command = seal(ReserveStock(order_id=order, lines=(StockLine(sku=sku, quantity=1),)), world=world)
        assert await line.publish([command]) == {command.id}
        answer = await heard.get()

    assert (answer.type, answer.aggregate_id) == ("StockReserved.v1", str(order))
