"""The wire that misbehaves does so as it is told, in the direction that it is told, and is a wire again when healed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest
from testkit.network.faults import Cut, Fault, HalfOpen, Late, Narrow, Reset, Silent
from testkit.network.proxy import HOST, FaultProxy, Way, fault_proxy

HEARD_SECONDS = 5.0
MEANWHILE = 0.1
"""Long enough for loopback: what has not come by then is being held back."""


@dataclass
class Echo:
    """Says everything again, and remembers it, and how each of its connections ended."""

    heard: bytes = b""
    ends: list[str] = field(default_factory=list)
    port: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = "goodbye"
        try:
            while piece := await reader.read(1 << 16):
                self.heard += piece
                writer.write(piece)
                await writer.drain()
        except ConnectionError as broken:
            end = type(broken).__name__
        self.ends.append(end)
        self.news.set()
        writer.close()

    async def ended(self) -> list[str]:
        async with asyncio.timeout(HEARD_SECONDS):
            await self.news.wait()
        return self.ends


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: bytes) -> None:
        self.writer.write(text)
        await self.writer.drain()

    async def hear(self, count: int) -> bytes:
        """The next so many bytes, or what came before the end."""
        async with asyncio.timeout(HEARD_SECONDS):
            try:
                return await self.reader.readexactly(count)
            except asyncio.IncompleteReadError as ended:
                return ended.partial

    async def hears_nothing(self) -> bool:
        try:
            async with asyncio.timeout(MEANWHILE):
                await self.reader.readexactly(1)
        except TimeoutError:
            return True
        return False


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    found = Echo()
    server = await asyncio.start_server(found.serve, HOST, 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(echo.port, dice=Random(7)) as opened:
        yield opened


@asynccontextmanager
async def calling(proxy: FaultProxy) -> AsyncGenerator[Client]:
    """A client whose first word has been answered."""
    client = Client(*await asyncio.open_connection(HOST, proxy.own_port))
    await client.say(b"hello")
    assert await client.hear(5) == b"hello"
    yield client
    client.writer.close()


async def taking(work: Awaitable[bytes]) -> tuple[bytes, float]:
    """The result, and how many seconds it took to come."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    return await work, loop.time() - began


async def test_without_a_fault_it_is_a_wire(proxy: FaultProxy, echo: Echo) -> None:
    async with calling(proxy) as client:
        await client.say(b"x" * 300_000)
        assert await client.hear(300_000) == b"x" * 300_000
        client.writer.write_eof()
        assert await client.hear(1) == b""

    assert await echo.ended() == ["goodbye"]
    assert proxy.struck == 0


async def test_where_nobody_listens_nobody_is_reached(proxy: FaultProxy) -> None:
    async with fault_proxy(proxy.own_port) as before:
        before.port = 1
        reader, writer = await asyncio.open_connection(HOST, before.own_port)
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()


@pytest.mark.parametrize("way", Way)
async def test_late_takes_at_least_so_long_in_that_direction(proxy: FaultProxy, echo: Echo, way: Way) -> None:
    async with calling(proxy) as client:
        proxy.put(Late(0.2, jitter=0.05), way)
        await client.say(b"again")
        said, seconds = await taking(client.hear(5))

    assert said == b"again"
    assert seconds >= 0.15
    assert (proxy.there.struck, proxy.back.struck) == ((1, 0) if way is Way.THERE else (0, 1))


async def test_narrow_lets_through_so_many_bytes_a_second_and_the_rest_when_healed(proxy: FaultProxy) -> None:
    async with calling(proxy) as client:
        proxy.put(Narrow(10_000), Way.BACK)
        await client.say(b"y" * 50_000)
        first, seconds = await taking(client.hear(2_000))
        proxy.heal()
        rest, _ = await taking(client.hear(48_000))

    assert first + rest == b"y" * 50_000
    assert seconds >= 0.1


@pytest.mark.parametrize("way", Way)
async def test_what_silence_held_back_comes_when_it_is_healed(proxy: FaultProxy, echo: Echo, way: Way) -> None:
    async with calling(proxy) as client:
        proxy.put(Silent(), way)
        await client.say(b"still there?")
        assert await client.hears_nothing()
        assert echo.heard == (b"hello" if way is Way.THERE else b"hellostill there?")

        proxy.heal()
        assert await client.hear(12) == b"still there?"


async def test_silence_keeps_a_goodbye_back_too(proxy: FaultProxy, echo: Echo) -> None:
    async with calling(proxy) as client:
        proxy.put(Silent())
        client.writer.write_eof()
        assert await client.hears_nothing()
        assert echo.ends == []

        proxy.heal()
        assert await echo.ended() == ["goodbye"]


@pytest.mark.parametrize("way", Way)
async def test_reset_breaks_the_connection_for_both(proxy: FaultProxy, echo: Echo, way: Way) -> None:
    async with calling(proxy) as client:
        proxy.put(Reset(), way)
        await client.say(b"again")
        with pytest.raises(ConnectionResetError):
            await client.hear(5)

    assert await echo.ended() == ["ConnectionResetError"]
    proxy.heal()
    async with calling(proxy):
        pass


async def test_half_open_towards_the_server_leaves_the_client_waiting(proxy: FaultProxy, echo: Echo) -> None:
    async with calling(proxy) as client:
        proxy.put(HalfOpen(), Way.THERE)
        await client.say(b"again")
        assert await echo.ended() == ["goodbye"]
        proxy.heal()
        await client.say(b"and again")
        assert await client.hears_nothing()

    assert echo.heard == b"hello"


async def test_half_open_towards_the_client_leaves_the_server_waiting(proxy: FaultProxy, echo: Echo) -> None:
    async with calling(proxy) as client:
        proxy.put(HalfOpen(), Way.BACK)
        await client.say(b"again")
        assert await client.hear(5) == b""
        assert echo.ends == []

    assert echo.heard == b"helloagain"


async def test_whoever_is_told_late_is_told_at_last(proxy: FaultProxy) -> None:
    async with calling(proxy) as client:
        proxy.put(HalfOpen(told_after=0.2), Way.THERE)
        await client.say(b"again")
        said, seconds = await taking(client.hear(5))

    assert said == b""
    assert seconds >= 0.15


@pytest.mark.parametrize("way", Way)
async def test_cut_ends_the_connection_in_the_middle_of_a_word(proxy: FaultProxy, echo: Echo, way: Way) -> None:
    async with calling(proxy) as client:
        proxy.put(Cut(after=7), way)
        await client.say(b"again")
        assert await client.hear(5) == b"again"
        await client.say(b"again")
        assert await client.hear(5) == (b"" if way is Way.THERE else b"ag")
        await echo.ended()

    assert echo.heard == (b"helloagainag" if way is Way.THERE else b"helloagainagain")


@pytest.mark.parametrize("fault", [Late(60), Silent(), HalfOpen()], ids=str)
async def test_it_ends_at_once_whatever_is_under_way(echo: Echo, fault: Fault) -> None:
    async with asyncio.timeout(HEARD_SECONDS), fault_proxy(echo.port) as proxy:
        client = Client(*await asyncio.open_connection(HOST, proxy.own_port))
        proxy.put(fault)
        await client.say(b"hello")
        assert await client.hears_nothing()
    client.writer.close()
    assert proxy.connections == set()
