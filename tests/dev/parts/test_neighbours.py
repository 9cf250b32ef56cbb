"""One address for several replicas."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from dev.neighbours import Address
from dev.ports import free_ports


@asynccontextmanager
async def replica(port: int, name: bytes) -> AsyncGenerator[None]:
    """Says its name to whoever says something."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(name + b"\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield


@asynccontextmanager
async def address(port: int, *targets: int) -> AsyncGenerator[None]:
    serving = asyncio.create_task(Address(port, targets).serve())
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def who_answers(port: int) -> bytes:
    async with asyncio.timeout(10):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.02)
    writer.write(b"who?\n")
    said = await reader.readline()
    writer.close()
    return said.strip()


async def test_connections_go_to_each_in_turn() -> None:
    door, one, two = free_ports(3)
    async with replica(one, b"one"), replica(two, b"two"), address(door, one, two):
        assert {await who_answers(door), await who_answers(door)} == {b"one", b"two"}


async def test_who_does_not_listen_is_passed_over() -> None:
    door, one, two = free_ports(3)
    async with replica(two, b"two"), address(door, one, two):
        assert [await who_answers(door) for _ in range(3)] == [b"two"] * 3


async def test_nobody_is_a_closed_connection() -> None:
    door, one = free_ports(2)
    async with address(door, one):
        assert await who_answers(door) == b""
