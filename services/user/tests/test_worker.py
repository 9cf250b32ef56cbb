import asyncio

from chassis.broker import Dispatch, Verdict
from chassis.memory_broker import MemoryBroker
from chassis.worker import running
from chassis.world import World
from contracts.topology import bindings
from user_service.wiring import in_memory, settings_for_one_run
from user_service.worker import parts


async def test_what_was_announced_leaves_for_its_listeners() -> None:
    world = World()
    service = in_memory(settings_for_one_run(world), world)
    broker = MemoryBroker(bindings(), world)
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async with (
        running(parts(service), broker=broker, world=world),
        broker.consume("notification", into(heard), store_answers=service.store_answers, concurrency=1),
        asyncio.timeout(5),
    ):
        await service.register(
            email="ada@example.com", name="Ada", password="a walk in the deep forest", locale="en", network=""
        )
        first, second = await heard.get(), await heard.get()

    assert b'"type":"UserRegistered.v1"' in first
    assert b'"type":"EmailVerificationRequested.v1"' in second


def into(heard: asyncio.Queue[bytes]) -> Dispatch:
    async def listen(body: bytes) -> Verdict:
        heard.put_nowait(body)
        return Verdict.DONE

    return listen
