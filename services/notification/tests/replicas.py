"""Replicas of the API as processes on a real MongoDB, and clients that come back whatever happens to them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import jwt
from chassis.auth import ALGORITHM, AUDIENCE, ISSUER, TOKEN_TYPE
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from fastapi import FastAPI
from testkit.stores.server import free_port

STREAM = "/api/v1/notifications/stream"
PATIENCE = 60


@dataclass(frozen=True)
class Issuer:
    """Signs tokens, and shows the key."""

    key: Any = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def app(self) -> FastAPI:
        shown = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key())), "kid": "k1", "alg": ALGORITHM}
        app = FastAPI()
        app.add_api_route("/.well-known/jwks.json", lambda: {"keys": [shown]})
        return app

    def token(self, user_id: UUID) -> str:
        now = datetime.now(UTC)
        times = {"iat": now, "nbf": now, "exp": now + timedelta(minutes=5)}
        who = {"sub": str(user_id), "sid": str(uuid4()), "jti": str(uuid4()), "roles": ["customer"]}
        head = {"typ": TOKEN_TYPE, "kid": "k1"}
        return jwt.encode({**times, **who, "aud": AUDIENCE, "iss": ISSUER}, self.key, ALGORITHM, headers=head)


@dataclass
class Replica:
    """One API process; killed and started again it is found where it was."""

    settings: dict[str, str]
    log: Path
    public: int = field(default_factory=free_port)
    internal: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.public}"

    async def start(self) -> None:
        own = {"NOTIFICATION_PUBLIC_PORT": str(self.public), "NOTIFICATION_INTERNAL_PORT": str(self.internal)}
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "notification_service.main"),
                env={**inherited, **self.settings, **own},
                stdout=log,
                stderr=log,
            )
        await self.ready()

    async def ready(self) -> None:
        async with httpx2.AsyncClient() as client, asyncio.timeout(PATIENCE):
            while True:
                assert self.process is not None
                assert self.process.returncode is None, self.log.read_text()[-2000:]
                try:
                    if (await client.get(f"http://127.0.0.1:{self.internal}/readyz", timeout=2)).is_success:
                        return
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL: nobody is told."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.terminate()
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def replicas(count: int, *, settings: dict[str, str], folder: Path) -> AsyncIterator[list[Replica]]:
    several = [Replica(settings, folder / f"replica-{n}.log") for n in range(count)]
    try:
        await asyncio.gather(*(each.start() for each in several))
        yield several
    finally:
        for each in several:
            if each.process is not None and each.process.returncode is None:
                await each.kill()


@dataclass
class Watcher:
    """Somebody who keeps a stream open, comes back with the last id, and writes down every event."""

    token: str
    doors: Sequence[str]
    """Tried in turn."""
    heard: list[dict[str, Any]] = field(default_factory=list)
    last: str | None = "0"
    breaks: int = 0
    resets: int = 0

    async def watch(self, enough: Callable[["Watcher"], bool]) -> None:
        turn = 0
        async with httpx2.AsyncClient(timeout=httpx2.Timeout(5, read=None)) as client:
            while not enough(self):
                try:
                    await self._connection(client, self.doors[turn % len(self.doors)], enough)
                except httpx2.HTTPError:
                    self.breaks += 1
                turn += 1
                await asyncio.sleep(0.05)

    async def _connection(self, client: httpx2.AsyncClient, door: str, enough: Callable[["Watcher"], bool]) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.last is not None:
            headers["Last-Event-ID"] = self.last
        async with client.stream("GET", door + STREAM, headers=headers) as answer:
            answer.raise_for_status()
            said: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line and name:
                    said[name] = value
                elif said:
                    self._hear(said)
                    said = {}
                if enough(self):
                    return

    def _hear(self, said: dict[str, str]) -> None:
        """An event that was cut off in the middle has no empty line behind it, and was never one."""
        self.last = said["id"]
        if said["event"] == "notification":
            self.heard.append(json.loads(said["data"]))
        elif said["event"] == "reset":
            self.resets += 1
