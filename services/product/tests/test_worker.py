"""The worker's parts at work beside each other: commands in, replies out, holds let go of."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from chassis.broker import Dispatch, Verdict
from chassis.memory_broker import MemoryBroker
from chassis.messages import seal
from chassis.worker import running
from chassis.world import World
from contracts.product import ReserveStock, StockLine
from contracts.topology import bindings
from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.domain.stock import ADDED
from product_service.settings import ProductSettings
from product_service.wiring import in_memory
from product_service.worker import parts

SKU = next(sku for _, pieces in seed_catalogue().products for sku, count in pieces.items() if count)


async def test_a_command_is_obeyed_and_answered(settings: ProductSettings) -> None:
    world = World()
    service, broker = in_memory(settings, world), MemoryBroker(bindings(), world)
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async with (
        running(parts(service), broker=broker, world=world),
        broker.consume("order", into(heard), store_answers=service.store_answers, concurrency=1),
        broker.line("order") as line,
        asyncio.timeout(5),
    ):
        command = ReserveStock(order_id=uuid4(), lines=(StockLine(sku=SKU, quantity=1),))
        await line.publish([seal(command, world=world)])
        reply = await heard.get()

    assert b'"type":"StockReserved.v1"' in reply
    assert str(command.order_id).encode() in reply


async def test_a_hold_past_its_time_is_let_go_of(settings: ProductSettings) -> None:
    world = World()
    hasty = settings.model_copy(
        update={"hold_ttl": timedelta(milliseconds=1), "expire_every": timedelta(milliseconds=10)}
    )
    service, broker = in_memory(hasty, world), MemoryBroker(bindings(), world)
    await service.reserve_stock(order_id=uuid4(), lines=[(SKU, 1)])

    async with running(parts(service), broker=broker, world=world), asyncio.timeout(5):
        while (await service.stock.level(SKU)).reserved:
            await asyncio.sleep(0.01)

    assert service.metrics.registry.get_sample_value("shop_holds_expired_total") == 1


async def test_what_an_audit_finds_is_told(settings: ProductSettings) -> None:
    service = in_memory(settings, World())
    [audit] = [job for job in service.jobs if job.name == "audit"]
    async with service.stock.transaction() as tx:
        await tx.move_stock({SKU: 1}, ADDED)

    await audit.run()

    told = service.metrics.registry.get_sample_value
    assert [told("shop_invariant_violations", {"invariant": each}) for each in ("I1", "I2")] == [1, 0]


def into(heard: asyncio.Queue[bytes]) -> Dispatch:
    async def listen(body: bytes) -> Verdict:
        heard.put_nowait(body)
        return Verdict.DONE

    return listen
