"""A stand-in for a service: a tiny HTTP server that can be told how to behave, and asked what it was asked."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

DROP = "drop"
"""The connection ends without an answer."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def below(self) -> str:
        return self.path.partition("?")[0]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


Behaviour = Callable[[Asked], Awaitable[Answer | str]]


async def echo(asked: Asked) -> Answer:
    told = {"method": asked.method, "path": asked.path, "headers": dict(asked.headers), "bytes": len(asked.body)}
    return Answer(body=json.dumps(told).encode())


@dataclass
class Standin:
    """`behave` may be replaced at any time. Probes are answered apart, and not remembered."""

    name: str
    port: int = 0
    behave: Behaviour = echo
    healthy: bool = True
    asked: list[Asked] = field(default_factory=list)
    begun: int = 0
    """How many requests have begun to arrive, complete or not, probes apart."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def reset(self) -> None:
        self.behave, self.healthy = echo, True
        self.asked.clear()

    def asked_for(self, path: str) -> int:
        return sum(each.below == path for each in self.asked)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**18)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As a killed process does: nobody listens, and open connections are cut."""
        if self._server is not None:
            self._server.close()
            for each in list(self._open):
                each.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        self.begun += b"/readyz" not in head and b"/jwks.json" not in head
        asked = await read_request(head, reader)
        answer = await self._answer(asked)
        if isinstance(answer, str):
            writer.transport.abort()
            return False
        writer.write(wire(answer, head_only=asked.method == "HEAD"))
        await writer.drain()
        return True

    async def _answer(self, asked: Asked) -> Answer | str:
        if asked.path == "/readyz":
            return Answer(204 if self.healthy else 503, b"")
        if asked.path == "/.well-known/jwks.json" and self.keys:
            return Answer(body=json.dumps(self.keys).encode())
        self.asked.append(asked)
        return await self.behave(asked)


async def read_request(head: bytes, reader: asyncio.StreamReader) -> Asked:
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return Asked(method, path, headers, body)
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def wire(answer: Answer, *, head_only: bool = False) -> bytes:
    bodiless = answer.status in (204, 304)
    length = {} if bodiless else {"content-length": str(len(answer.body))}
    headers = {"date": formatdate(usegmt=True), "server": "standin", **answer.headers, **length}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Told\r\n{head}\r\n".encode() + (b"" if bodiless or head_only else answer.body)


@asynccontextmanager
async def standing(name: str) -> AsyncGenerator[Standin]:
    standin = Standin(name)
    await standin.start()
    try:
        yield standin
    finally:
        await standin.stop()
