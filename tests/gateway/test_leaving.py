"""Killed, it forgets nothing that was acknowledged; asked to leave, it lets everybody finish."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
import yaml
from gateway.table import ROUTES

from .raw import get
from .standin import Answer, Asked, echo
from .street import Street, die_with_us, free_port, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

STOP = ROUTES.parent / "stop.sh"
CARTS = "/api/v1/carts"


async def buy(shop: Street, keys: Iterator[int], acknowledged: set[str], stop: asyncio.Event) -> None:
    """As a decent client does: the same key until somebody says yes."""
    while not stop.is_set():
        key = str(next(keys))
        while key not in acknowledged and not stop.is_set():
            with suppress(httpx2.TransportError):
                reply = await shop.client.post(CARTS, headers={"idempotency-key": key}, json={})
                if reply.status_code == 200:
                    acknowledged.add(key)
            await asyncio.sleep(0)


async def test_killed_and_started_again_it_has_lost_nothing(tmp_street) -> None:
    async with tmp_street() as shop:
        stop, acknowledged, keys = asyncio.Event(), set[str](), iter(range(10**9))
        buying = [asyncio.create_task(buy(shop, keys, acknowledged, stop)) for _ in range(4)]
        for _ in range(3):
            wanted = len(acknowledged) + 30
            await until(lambda wanted=wanted: len(acknowledged) >= wanted, what="people buy")
            shop.kill()
            shop.start()
            await shop.ready()
        wanted = len(acknowledged) + 30
        await until(lambda: len(acknowledged) >= wanted, what="people buy again")
        stop.set()
        await asyncio.gather(*buying)
        arrived = {each.headers["idempotency-key"] for each in shop.standins["order"].asked}

        assert acknowledged <= arrived
        assert len(acknowledged) >= 120


def place_file(shop: Street, folder: Path, port: int) -> Path:
    """The same services, before another door."""
    services = {name: {"stable": [f"127.0.0.1:{each.port}:{each.port}"]} for name, each in shop.standins.items()}
    place = {
        "services": services,
        "public": {"at": f"127.0.0.1:{port}"},
        "admin": str(folder / "admin.sock"),
        "folder": str(folder),
        "cache_folder": str(folder / "cache"),
        "access_log": str(folder / "access.log"),
        "limits": 1000,
    }
    file = folder / "place.yaml"
    file.write_text(yaml.safe_dump(place))
    return file


def run_gateway(place: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gateway", "run", "--for", str(place), "--out", str(folder)]
    with (folder / "run.log").open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, preexec_fn=die_with_us)


async def test_asked_to_leave_it_takes_nobody_new_and_lets_everybody_finish(shop: Street, tmp_path: Path) -> None:
    port, gate = free_port(), asyncio.Event()

    async def slowly(asked: Asked) -> Answer:
        if asked.below.endswith("/slow"):
            await gate.wait()
        return await echo(asked)

    shop.standins["order"].behave = slowly
    file = place_file(shop, tmp_path, port)
    running = run_gateway(file, tmp_path)
    try:
        await until(lambda: (tmp_path / "envoy.pid").exists(), what="it was started")
        await answering(port)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            held = asyncio.create_task(client.get(f"{CARTS}/slow"))
            await until(lambda: shop.standins["order"].asked_for(f"{CARTS}/slow") == 1, what="somebody is inside")

            running.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                while (await client.get("/readyz")).status_code != 503:
                    await asyncio.sleep(0.02)
            gate.set()
            answer = await held

        assert answer.status_code == 200
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(running.wait, 20) == 0
        with pytest.raises(ConnectionRefusedError):
            await get(port, f"{CARTS}/late")
    finally:
        gate.set()
        running.kill()
        running.wait()
        end(tmp_path / "envoy.pid")


async def test_run_finds_the_services_by_name_and_makes_the_folder_for_its_cache(shop: Street, tmp_path: Path) -> None:
    """As in a container: names instead of addresses, and a fresh tmpfs."""
    port = free_port()
    file = place_file(shop, tmp_path, port)
    file.write_text(file.read_text().replace("- 127.0.0.1:", "- localhost:"))
    assert "localhost" in file.read_text()
    running = run_gateway(file, tmp_path)
    try:
        await answering(port)

        assert (await get(port, f"{CARTS}/mine")).status == 200
        assert (tmp_path / "cache").is_dir()
    finally:
        running.terminate()
        running.wait(20)
        end(tmp_path / "envoy.pid")


async def test_the_stop_script_lets_people_finish_too(tmp_street) -> None:
    """What a container with Envoy and bash, but without Python, has for a preStop hook."""
    async with tmp_street(admin=str(free_port())) as shop:
        told = await asyncio.create_subprocess_exec(
            *("bash", str(STOP)), env={**os.environ, "ADMIN": shop.place.admin, "SECONDS_TO_DRAIN": "5"}
        )
        async with asyncio.timeout(20):
            while True:
                answer = await shop.client.get("/readyz")
                if answer.status_code == 503:
                    break
            await shop.client.aclose()
            assert await told.wait() == 0

        assert answer.headers["connection"] == "close"
        assert shop.stat("http.public.downstream_cx_active") == 0


async def answering(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            with suppress(OSError):
                if (await get(port, "/readyz")).status == 200:
                    return
            await asyncio.sleep(0.05)


def end(file: Path) -> None:
    """The very Envoy that this test started, if it is still there."""
    if file.exists():
        pid = int(file.read_text())
        with suppress(ProcessLookupError, FileNotFoundError):
            if b"envoy" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
