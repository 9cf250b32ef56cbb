import asyncio

import pytest
from chassis.auth import NotSignedIn
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


async def test_a_session_that_ended_is_refused_by_the_other_processes_of_user(settings) -> None:
    world = World()
    service = in_memory(settings, world)
    broker = MemoryBroker(bindings(), world)
    await service.bootstrap_admin(email="boss@example.com", name="Boss", password="eleven quiet lighthouses")
    grant = await service.sign_in(
        email="boss@example.com", password="eleven quiet lighthouses", network="", device="a browser"
    )
    verify = service.verifier(world)
    caller = await verify(grant.access_token)

    async with running(parts(service), broker=broker, world=world), asyncio.timeout(10):
        await service.sign_out(user_id=caller.user_id, session_id=caller.session_id)
        while caller.session_id not in service.revoked:
            await asyncio.sleep(0.01)
            await service.revoked.read()

    with pytest.raises(NotSignedIn):
        await verify(grant.access_token)


def into(heard: asyncio.Queue[bytes]) -> Dispatch:
    async def listen(body: bytes) -> Verdict:
        heard.put_nowait(body)
        return Verdict.DONE

    return listen
