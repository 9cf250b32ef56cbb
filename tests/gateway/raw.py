"""Bytes as no decent client sends them, and the answer as it came."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, list[str]]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def slug(self) -> str:
        return str(self.problem["type"]).removeprefix("urn:mercato:problem:")


async def send(port: int, line: str, *headers: str, body: bytes = b"", host: str = "shop.example") -> Reply:
    """One request of exactly these lines."""
    lines: Sequence[str] = (line, f"Host: {host}", *headers, "Connection: close")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return await exchange(port, head.encode("latin-1") + body)


async def get(port: int, path: str, *headers: str) -> Reply:
    return await send(port, f"GET {path} HTTP/1.1", *headers)


async def exchange(port: int, text: bytes, *, seconds: float = 20.0) -> Reply:
    """Send, and read until the other side closes or the answer is complete."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(text)
            return await read_reply(reader)
        finally:
            writer.close()


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers: dict[str, list[str]] = {}
    for name, _, value in (line.partition(":") for line in head[1:] if line):
        headers.setdefault(name.lower(), []).append(value.strip())
    length = int(headers.get("content-length", ["0"])[0])
    return Reply(int(head[0].split(" ")[1]), headers, await reader.readexactly(length))
