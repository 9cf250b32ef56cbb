"""A small HTTP client of connections that stay open. A client library would cost more than what it asks."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httptools
import httpx2

PATIENCE_SECONDS = 15.0
IDLE_SECONDS = 20.0
"""Less than anybody keeps an idle connection for, so that none is closed while we use it."""


@dataclass(slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """One base URL. As many connections as there are questions at once."""

    url: str
    _idle: list["_Connection"] = field(default_factory=list)

    def __post_init__(self) -> None:
        where = httpx2.URL(self.url)
        self._host, self._port = where.host, where.port or 80

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises OSError or TimeoutError when there is no answer."""
        payload = b"" if body is None else json.dumps(body).encode()
        sent = {"Host": f"{self._host}:{self._port}", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if payload:
            sent |= {"Content-Type": "application/json", "Content-Length": str(len(payload))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + payload)

    async def _send(self, request: bytes) -> Answer:
        connection = await self._connection()
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    async def _connection(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        while self._idle:
            connection = self._idle.pop()
            if connection.open and loop.time() - connection.used_at < IDLE_SECONDS:
                return connection
            connection.close()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return connection

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


class _Connection(asyncio.Protocol):
    """One question at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self.used_at = 0.0

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = b""
        self._waiting = loop.create_future()
        self._transport.write(request)
        answer = await self._waiting
        self.used_at = loop.time()
        return answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as fault:
            self._fail(ConnectionError(str(fault)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(exc or ConnectionError("closed before the answer was whole"))

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(self._parser.get_status_code(), self._headers, self._body))

    def _fail(self, fault: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(fault)
