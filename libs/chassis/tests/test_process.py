"""Processes as an orchestrator sees them: real sockets, real signals, the exit status."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
from chassis.server import make_server
from testkit.stores.server import free_port
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PROGRAM = Path(__file__).with_name("small_service.py")
PATIENCE = 40


class Small:
    """The small service as a running process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.public, self.internal, self.worker = free_port(), free_port(), free_port()
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, kind: str, **more: str) -> None:
        environment = {
            "SMALL_FOLDER": str(self.folder),
            "SMALL_PUBLIC_PORT": str(self.public),
            "SMALL_INTERNAL_PORT": str(self.internal),
            "SMALL_WORKER_PORT": str(self.worker),
            **more,
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), kind, env=environment, stderr=asyncio.subprocess.PIPE
        )

    async def is_ready(self, port: int) -> None:
        async with httpx2.AsyncClient() as client:
            await until(lambda: answers(client, port), 204)

    async def has(self, name: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not (self.folder / name).exists():
                await asyncio.sleep(0.01)

    def tell(self, name: str) -> None:
        (self.folder / name).touch()

    def send(self, sent: signal.Signals) -> None:
        self.process.send_signal(sent)

    async def ended(self) -> tuple[int, str]:
        """Its exit status and everything it logged."""
        async with asyncio.timeout(PATIENCE):
            _, said = await self.process.communicate()
        return self.process.returncode, said.decode()


async def answers(client: httpx2.AsyncClient, port: int, path: str = "/readyz") -> int:
    """The status, or 0 when nobody accepts."""
    try:
        return (await client.get(f"http://127.0.0.1:{port}{path}", timeout=5)).status_code
    except httpx2.TransportError:
        return 0


async def until(ask: Callable, wanted: object) -> None:
    async with asyncio.timeout(PATIENCE):
        while await ask() != wanted:
            await asyncio.sleep(0.01)


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Small]:
    service = Small(tmp_path)
    yield service
    if service.process is not None and service.process.returncode is None:
        service.process.kill()
        await service.process.communicate()


async def test_the_server_is_the_fast_one(small: Small) -> None:
    await small.start("api")
    await small.is_ready(small.internal)

    async with httpx2.AsyncClient() as client:
        loop = (await client.get(f"http://127.0.0.1:{small.public}/loop")).json()["loop"]
    config = make_server(lambda *_: None).config
    config.load()

    assert loop.startswith("uvloop")
    assert config.http_protocol_class is HttpToolsProtocol


async def test_the_api_leaves_in_order_and_whoever_is_inside_is_served_to_the_end(small: Small) -> None:
    await small.start("api", SMALL_DRAIN_SECONDS="3")
    await small.is_ready(small.internal)
    async with httpx2.AsyncClient() as inside, httpx2.AsyncClient() as later:
        slow = asyncio.create_task(inside.get(f"http://127.0.0.1:{small.public}/slow", timeout=PATIENCE))
        await small.has("begun")

        small.send(signal.SIGTERM)
        await until(lambda: answers(later, small.internal), 503)
        assert await answers(later, small.internal, "/livez") == 204
        assert await answers(later, small.public, "/loop") == 200
        for _ in range(20):  # longer than a server takes that closes its door at once
            assert await accepts(small.public)
            await asyncio.sleep(0.02)
        small.send(signal.SIGTERM)  # asked twice: still politely
        await until(lambda: accepts(small.public), wanted=False)
        assert not slow.done()
        assert not (small.folder / "closed").exists()
        small.tell("go-on")
        answer = await slow

    status, _ = await small.ended()
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    assert status == 0
    assert (small.folder / "closed").exists()


async def accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_the_internal_door_does_not_answer_for_the_public_one_nor_the_other_way_round(small: Small) -> None:
    await small.start("api")
    await small.is_ready(small.internal)

    async with httpx2.AsyncClient() as client:
        assert await answers(client, small.public, "/readyz") == 404
        assert await answers(client, small.public, "/metrics") == 404
        assert await answers(client, small.internal, "/loop") == 404


async def test_nobody_is_let_in_before_the_checks_are_content(small: Small) -> None:
    small.tell("hold")
    await small.start("api")

    async with httpx2.AsyncClient() as client:
        await until(lambda: answers(client, small.public, "/loop"), 503)
        assert await answers(client, small.internal, "/livez") == 204
        assert await answers(client, small.internal, "/readyz") == 503
        (small.folder / "hold").unlink()
        await until(lambda: answers(client, small.public, "/loop"), 200)
        assert await answers(client, small.internal, "/readyz") == 204


async def test_a_client_that_leaves_after_asking_loses_nothing(small: Small) -> None:
    await small.start("api")
    await small.is_ready(small.internal)
    body = json.dumps({"what": "an order"}).encode()
    head = f"POST /commits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"

    _, writer = await asyncio.open_connection("127.0.0.1", small.public)
    writer.write(head.encode() + body)
    await writer.drain()
    await small.has("begun")
    writer.transport.abort()
    async with httpx2.AsyncClient() as client:
        await until(lambda: answers(client, small.public, "/loop"), 200)  # the server has seen the reset by now
    small.tell("go-on")

    await small.has("committed")
    async with asyncio.timeout(PATIENCE):
        while (small.folder / "committed").read_text() != "an order":
            await asyncio.sleep(0.01)


async def test_the_worker_finishes_what_it_has_begun(small: Small) -> None:
    await small.start("worker")
    await small.has("handling")
    await small.has("sweeping")

    small.send(signal.SIGTERM)
    async with httpx2.AsyncClient() as client:
        await until(lambda: answers(client, small.worker), 503)
    assert not (small.folder / "closed").exists()
    small.tell("go-on")
    status, _ = await small.ended()

    assert status == 0
    assert (small.folder / "handled").exists()
    assert (small.folder / "swept").exists()
    assert (small.folder / "closed").exists()


async def test_a_part_that_dies_ends_the_process_and_the_log_says_why_without_telling_secrets(small: Small) -> None:
    small.tell("go-on")
    await small.start("broken-worker")

    status, said = await small.ended()
    lines = [json.loads(line) for line in said.splitlines()]

    assert status == 1
    [failed] = [line for line in lines if line["event"] == "process.failed"]
    assert "LookupError: a bug" in failed["exception"]
    assert "ada@example.com" not in said
    assert (small.folder / "closed").exists()


async def test_a_missing_setting_stops_the_start_by_its_name(small: Small) -> None:
    small.process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), "api", env={"SMALL_PUBLIC_PORT": "ninety"}, stderr=asyncio.subprocess.PIPE
    )

    status, said = await small.ended()

    assert status == 2
    assert "small: setting SMALL_FOLDER: Field required" in said
    assert "small: setting SMALL_PUBLIC_PORT: " in said
    assert "Traceback" not in said
