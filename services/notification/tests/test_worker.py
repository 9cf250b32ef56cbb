"""The whole worker on twins: what is said on the bus arrives as a mail, and a mail server that is down stops nobody."""

import asyncio
from collections.abc import Callable

from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.worker import WorkerParts, running
from chassis.world import World
from contracts.topology import bindings
from contracts.user import EmailVerificationRequested, UserRegistered
from notification_service.ports import MailFailed
from notification_service.wiring import in_memory
from notification_service.worker import parts

CONTACT = {"user_id": "0190a000-0000-7000-8000-000000000001", "email": "ada@example.org", "name": "Ada", "locale": "en"}


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_is_said_on_the_bus_arrives_as_a_mail(settings, mailbox) -> None:
    world = World()
    service = in_memory(settings, world, mailbox)
    user = MemoryStore(world)
    speaker = WorkerParts("user", service.store_answers, service.metrics, outbox=user.outbox)
    broker = MemoryBroker(bindings(), world)

    async with running(parts(service), broker=broker, world=world), running(speaker, broker=broker, world=world):
        async with user.transaction():
            user.announce(
                EmailVerificationRequested.model_validate(
                    {**CONTACT, "token": "t0k-en", "expires_at": "2026-11-02T00:00:00Z"}
                ),
                seq=2,
            )
        await until(lambda: mailbox.mails)

    assert [each["To"] for each in mailbox.mails] == ["ada@example.org"]


async def test_events_are_heard_while_the_mail_server_hangs(settings) -> None:
    world = World()
    asked, released = asyncio.Event(), asyncio.Event()

    class Hangs:
        async def send(self, _message: object) -> None:
            asked.set()
            await released.wait()
            raise MailFailed("timeout")

    service = in_memory(settings, world, Hangs())
    user = MemoryStore(world)
    speaker = WorkerParts("user", service.store_answers, service.metrics, outbox=user.outbox)
    broker = MemoryBroker(bindings(), world)

    def heard() -> float:
        labels = {"type": "UserRegistered.v1", "verdict": "done"}
        return service.metrics.registry.get_sample_value("shop_deliveries_total", labels) or 0

    async with running(parts(service), broker=broker, world=world), running(speaker, broker=broker, world=world):
        async with user.transaction():
            user.announce(
                EmailVerificationRequested.model_validate(
                    {**CONTACT, "token": "t0k-en", "expires_at": "2026-11-02T00:00:00Z"}
                ),
                seq=2,
            )
        async with asyncio.timeout(10):
            await asked.wait()
        async with user.transaction():
            for _ in range(20):
                user.announce(UserRegistered.model_validate(CONTACT), seq=1)
        await until(lambda: heard() == 20)
        released.set()
