"""The hands that settle: rung, idle, held up, told to leave."""

import asyncio

import pytest
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.worker import running
from chassis.world import World
from contracts.topology import bindings
from payment_service.adapters.in_memory import InMemoryPayments
from payment_service.domain.webhook import PspEvent
from payment_service.use_cases.settle import Settle
from payment_service.worker import parts


@pytest.fixture
def ground(memory_ground):
    return memory_ground


async def test_rings_that_nobody_heard_yet_are_kept_one_for_each_hand() -> None:
    settle = Settle(InMemoryPayments(MemoryStore(World())), steps={}, hands=2)
    for _ in range(5):
        settle.ring()

    async with asyncio.timeout(5):
        await settle.rung()
        await settle.rung()

    third = asyncio.create_task(settle.rung())
    await asyncio.sleep(0)
    assert not third.done()
    settle.ring()
    await third


async def test_a_tick_rings() -> None:
    settle = Settle(InMemoryPayments(MemoryStore(World())), steps={}, hands=1)

    assert await settle.tick() == 0

    async with asyncio.timeout(5):
        await settle.rung()


async def test_a_worker_whose_hands_are_idle_leaves_at_once(service) -> None:
    world = World()

    async with (
        asyncio.timeout(5),
        running(parts(service), broker=MemoryBroker(bindings(), world), world=world) as background,
    ):
        await asyncio.sleep(0)

    assert all(task.done() for task in background.tasks)


async def test_a_webhook_that_cannot_be_worked_on_holds_no_payment_up(shop, service, monkeypatch) -> None:
    async def broken(_self) -> None:
        raise LookupError("a bug")

    await shop.authorize()
    async with service.settle.payments.transaction() as tx:
        await tx.add_event(PspEvent("evt_1", "payment_intent.succeeded", "pi_1", None, None))
    monkeypatch.setattr(InMemoryPayments, "next_event", broken)

    for _ in range(3):
        with pytest.raises(LookupError):
            await service.settle.turn()

    assert await shop.state() == "AUTHORIZED"
