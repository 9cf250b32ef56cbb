"""A TCP proxy on one link, with a fault in either direction that can be put in and taken away while it runs."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from testkit.network.faults import Cut, Fault, HalfOpen, Late, Narrow, Reset, Silent

HOST = "127.0.0.1"
PIECE = 1 << 16
SLICES = 20
"""Into so many a second a narrow wire cuts what goes through it."""
CONNECT_SECONDS = 5.0
AT_ONCE_AND_RUDELY = struct.pack("ii", 1, 0)

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Way(Enum):
    """Seen from whoever connects."""

    THERE = "there"
    BACK = "back"


class ConnectionEnded(Exception):
    """By a fault: nothing goes this way any more."""


@dataclass
class Lane:
    """One direction of the link, for all its connections."""

    fault: Fault | None = None
    struck: int = 0
    """How many pieces have met a fault."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, fault: Fault | None) -> None:
        self.fault = fault
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass
class Pipe:
    """One direction of one connection."""

    lane: Lane
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    own: asyncio.StreamWriter
    """Back to whom we read from."""
    dice: Random
    deserted: asyncio.Event
    """Set for both directions once an end is gone and the other must not know."""
    passed: int = 0
    """Bytes since the present fault began."""
    _fault: Fault | None = None

    async def run(self) -> None:
        """Until the end of the stream, which is passed on like everything else."""
        while piece := await self.reader.read(PIECE):
            await self._pass_on(piece)
        await self._while_silent()
        if self.deserted.is_set():
            await asyncio.get_running_loop().create_future()  # until the other direction has ended
        with contextlib.suppress(OSError, RuntimeError):
            self.writer.write_eof()

    async def _pass_on(self, piece: bytes) -> None:
        fault = self.lane.fault
        if fault is not self._fault:
            self._fault, self.passed = fault, 0
        if fault is not None:
            self.lane.struck += 1
        match fault:
            case Late(seconds, jitter):
                await asyncio.sleep(max(0.0, seconds + jitter * self.dice.uniform(-1, 1)))
            case Narrow(rate):
                piece = await self._trickle(piece, rate)
            case Silent():
                await self._while_silent()
            case Reset():
                _reset(self.writer)
                _reset(self.own)
                raise ConnectionEnded
            case HalfOpen(told_after):
                self.deserted.set()
                self.writer.close()
                await self._listen_in_vain(told_after)
            case Cut(after) if self.passed + len(piece) >= after:
                self.writer.write(piece[: after - self.passed])
                raise ConnectionEnded
            case _:
                pass
        await self._send(piece)

    async def _send(self, piece: bytes) -> None:
        self.passed += len(piece)
        self.writer.write(piece)
        await self.writer.drain()

    async def _trickle(self, piece: bytes, rate: int) -> bytes:
        """As long as the wire is narrow; what is left then."""
        fault, size = self.lane.fault, max(1, rate // SLICES)
        while piece and self.lane.fault is fault:
            await self._send(piece[:size])
            await asyncio.sleep(len(piece[:size]) / rate)
            piece = piece[size:]
        return piece

    async def _while_silent(self) -> None:
        while isinstance(self.lane.fault, Silent):
            await self.lane.changed.wait()

    async def _listen_in_vain(self, seconds: float | None) -> None:
        """The other end is gone, and this one goes on talking."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self.reader.read(PIECE):
                    pass
        raise ConnectionEnded


@dataclass
class FaultProxy:
    """Stands before `port`. Without a fault it is a wire."""

    port: int
    dice: Random = field(default_factory=lambda: Random(0))
    there: Lane = field(default_factory=Lane)
    back: Lane = field(default_factory=Lane)
    own_port: int = 0
    connections: set[asyncio.Task[None]] = field(default_factory=set)

    def put(self, fault: Fault, *ways: Way) -> None:
        """From now on, in these directions; both when none is named. What stood there before is gone."""
        for way in ways or Way:
            self._lane(way).put(fault)

    def heal(self) -> None:
        """What was held back goes on; what was ended stays ended."""
        for way in Way:
            self._lane(way).put(None)

    @property
    def struck(self) -> int:
        """How many pieces have met a fault so far."""
        return self.there.struck + self.back.struck

    def _lane(self, way: Way) -> Lane:
        return self.there if way is Way.THERE else self.back

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        try:
            await self._carry((reader, writer))
        except asyncio.CancelledError:
            # The proxy goes, and waits for this; the protocol would tell of it as of an error.
            pass
        finally:
            writer.close()
            self.connections.discard(task)

    async def _carry(self, near: Stream) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                far = await asyncio.open_connection(HOST, self.port)
        except (OSError, TimeoutError):
            # Nobody is there: whoever asked is told as rudely as by an empty port.
            _reset(near[1])
            return
        deserted = asyncio.Event()
        pipes = (
            Pipe(self.there, near[0], far[1], near[1], self.dice, deserted),
            Pipe(self.back, far[0], near[1], far[1], self.dice, deserted),
        )
        work = [asyncio.create_task(_to_the_end(pipe)) for pipe in pipes]
        try:
            await self._until_over(work)
        finally:
            for each in work:
                each.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            far[1].close()

    async def _until_over(self, work: list[asyncio.Task[bool]]) -> None:
        """Both directions have ended, or one by a fault: the end that went cannot say anything either."""
        for ended in asyncio.as_completed(work):
            if not await ended:
                return


async def _to_the_end(pipe: Pipe) -> bool:
    """Did it end by itself?"""
    try:
        await pipe.run()
    except (ConnectionEnded, OSError):
        return False
    return True


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE_AND_RUDELY)
    writer.transport.abort()


@asynccontextmanager
async def fault_proxy(port: int, *, dice: Random | None = None) -> AsyncGenerator[FaultProxy]:
    """A proxy before this port of loopback; `own_port` is where to connect instead."""
    proxy = FaultProxy(port, dice or Random(0))
    server = await asyncio.start_server(proxy._connected, HOST, 0)
    proxy.own_port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        open_ = list(proxy.connections)
        for each in open_:
            each.cancel()
        await asyncio.gather(*open_, return_exceptions=True)
