"""A wire in another process does what a proxy in this one does."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from testkit.network.apart import wires_apart
from testkit.network.faults import Silent
from testkit.network.proxy import HOST, Way

PATIENCE = 30


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """The port of somebody who says everything again."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_wire_apart_is_silent_when_told_and_the_others_are_not(echo: int) -> None:
    async with wires_apart([echo, echo]) as (first, second), asyncio.timeout(PATIENCE):
        (reader, writer), (other_reader, other_writer) = [
            await asyncio.open_connection(HOST, wire.own_port) for wire in (first, second)
        ]
        first.put(Silent(), Way.BACK)
        writer.write(b"hello")
        other_writer.write(b"hello")

        assert await other_reader.read(100) == b"hello"
        while not first.struck:
            await asyncio.sleep(0.02)
        assert (first.struck, second.struck) == (1, 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(100)
        first.heal()
        assert await reader.read(100) == b"hello"
        for each in (writer, other_writer):
            each.close()


async def test_wires_apart_are_gone_when_nobody_needs_them(echo: int) -> None:
    async with wires_apart([echo]) as (wire,):
        port = wire.own_port

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, port)
