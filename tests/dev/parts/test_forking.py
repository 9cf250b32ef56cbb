"""What comes out of the zygote is what `python -m` would have made, in a tenth of the time."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dev.forking import Forked, Forking
from dev.preloaded import MODULES
from dev.processes import CHECKOUT, WITHOUT, Running, Start, python, run, start
from dev.settings import SERVICES
from testkit.stores.server import family

STATUS_SECONDS = 30
HOUSES = [*(f"{service}_service" for service in SERVICES), "storefront"]
OURS = {"chassis", "contracts", "simulators", *HOUSES}
NOT_OF_ANYBODY = {"__main__", "__mp_main__", "dev", "cython_runtime"}
LASTING = "import time; print('here', flush=True); time.sleep(600)"
TELLS = """
    import gc, json, os, random, signal, sys, tempfile, threading
    from pathlib import Path

    def state():
        told = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines())
        return {each: told[each] for each in ("Threads", "SigPnd", "SigBlk", "SigIgn", "SigCgt")}

    print(json.dumps({
        "name": __name__,
        "main": sys.modules["__main__"].__dict__ is globals(),
        "argv": sys.argv,
        "asked": sys.orig_argv,
        "command": Path("/proc/self/cmdline").read_bytes().rstrip(b"\\0").decode(),
        "path": sys.path,
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "leads": (os.getsid(0), os.getpgid(0)) == (os.getpid(), os.getpid()),
        "files": sorted(os.listdir("/proc/self/fd")),
        "signals": {each: str(signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)},
        "state": state(),
        "threads": threading.active_count(),
        "collects": gc.isenabled(),
        "typed": sys.stdin.read(),
    }))
    print("and a complaint", file=sys.stderr)
    raise SystemExit(3)
"""
DRAWS = """
    import json, os, random, ssl, tempfile, uuid
    from bson import ObjectId
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
    from uuid_utils.compat import uuid4, uuid7

    print(json.dumps([
        random.random(),
        os.urandom(8).hex(),
        ssl.RAND_bytes(8).hex(),
        next(tempfile._get_candidate_names()),
        uuid.uuid4().hex,
        uuid4().hex,
        uuid7().hex,
        str(ObjectId()),
        RandomIdGenerator().generate_trace_id(),
    ]))
"""


@dataclass
class Desk:
    """Modules that can be started, and what they write."""

    folder: Path
    forking: Forking
    said: list[str]
    started: list[Running] = field(default_factory=list)

    def module(self, name: str, text: str) -> str:
        (self.folder / f"{name}.py").write_text(textwrap.dedent(text))
        return name

    def start(self, module: str, *, by: Start | None = None) -> Running:
        way = by or self.forking.start
        self.started.append(way(python(module, "one", "two words"), environment={}, log=self.log(module)))
        return self.started[-1]

    def log(self, module: str) -> Path:
        return self.folder / f"{module}.log"

    def wrote(self, module: str) -> str:
        return self.log(module).read_text()


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Desk]:
    """The zygote is the real one, which has loaded what it loads for the rung."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said: list[str] = []
    desk = Desk(tmp_path, Forking(said.append, tmp_path / "zygote.log", wanted=True), said)
    desk.forking.begin()
    assert await desk.forking.loaded(), desk.wrote("zygote")
    yield desk
    for each in desk.started:
        each.kill()
        each.wait(STATUS_SECONDS)
    desk.forking.end()


async def test_a_forked_process_is_like_one_that_was_started_by_itself(desk: Desk) -> None:
    module = desk.module("tells", TELLS)
    told: list[dict[str, Any]] = []
    for by in (start, desk.forking.start):
        command, log = python(module, "one", "two words"), desk.folder / f"{by.__qualname__}.log"
        assert await run(command, environment={"ORDER_COLOUR": "red"}, log=log, says="typed\n", by=by) == 3
        complaint, line = log.read_text().splitlines()
        assert complaint == "and a complaint"
        told.append(json.loads(line))
    ordinary, forked = told
    assert ordinary["typed"] == "typed\n"
    assert ordinary["environment"]["ORDER_COLOUR"] == "red"
    assert forked == ordinary


async def test_what_is_started_so_is_forked(desk: Desk) -> None:
    one = desk.start(desk.module("lasts", LASTING))
    assert isinstance(one, Forked)
    assert desk.forking.zygote is not None
    assert one.pid in family(desk.forking.zygote.process.pid)


async def test_no_two_draw_the_same_lots(desk: Desk) -> None:
    drawn: list[list[object]] = []
    for name in ("first", "second"):
        assert desk.start(desk.module(name, DRAWS)).wait(STATUS_SECONDS) == 0, desk.wrote(name)
        drawn.append(json.loads(desk.wrote(name)))
    assert [one == other for one, other in zip(*drawn, strict=True)] == [False] * len(drawn[0])


async def test_a_changed_source_is_read_anew(desk: Desk) -> None:
    for text in ("print('before')", "print('after it was changed')"):
        assert desk.start(desk.module("changes", text)).wait(STATUS_SECONDS) == 0
    assert desk.wrote("changes") == "before\nafter it was changed\n"


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda one: one.kill(), -signal.SIGKILL),
        (lambda one: one.terminate(), -signal.SIGTERM),
        (lambda one: os.kill(one.pid, signal.SIGSEGV), -signal.SIGSEGV),
    ],
)
async def test_how_it_ended_is_known(desk: Desk, end: Callable[[Running], None], status: int) -> None:
    one = desk.start(desk.module("lasts", LASTING))
    assert one.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(0.1)
    end(one)
    assert (one.wait(STATUS_SECONDS), one.poll(), one.returncode) == (status, status, status)
    one.kill()  # nobody is there any more, and nobody else is meant


async def test_one_that_cannot_be_imported_says_so_in_its_own_log(desk: Desk) -> None:
    assert desk.start("nobody_wrote_this").wait(STATUS_SECONDS) == 1
    assert "No module named nobody_wrote_this" in desk.wrote("nobody_wrote_this")
    assert desk.start(desk.module("fine", "")).wait(STATUS_SECONDS) == 0


async def test_nobody_outlives_a_killed_zygote_and_the_next_is_started_by_itself(desk: Desk) -> None:
    one = desk.start(desk.module("lasts", LASTING))
    assert desk.forking.zygote is not None
    desk.forking.zygote.process.kill()
    assert one.wait(STATUS_SECONDS) == -signal.SIGKILL
    assert isinstance(desk.start("lasts"), subprocess.Popen)
    assert isinstance(desk.start("lasts"), subprocess.Popen)
    (line,) = desk.said
    assert line.startswith("nothing can be forked any more")


async def test_a_zygote_that_cannot_load_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uvloop.py").write_text("import threading, time; threading.Thread(target=time.sleep, args=[9]).start()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said: list[str] = []
    forking = Forking(said.append, tmp_path / "zygote.log", wanted=True)
    forking.begin()
    assert await forking.loaded() is None
    assert said == [f"nothing can be forked, {tmp_path / 'zygote.log'} says why: every process is started by itself"]
    assert "AssertionError: 2 threads" in (tmp_path / "zygote.log").read_text()
    forking.end()


async def test_nothing_is_forked_where_nobody_wants_it(tmp_path: Path) -> None:
    said: list[str] = []
    forking = Forking(said.append, tmp_path / "zygote.log", wanted=False)
    forking.begin()
    assert (await forking.loaded(), forking.zygote, said) == (None, None, [])
    one = forking.start(python("this"), environment={}, log=tmp_path / "this.log")
    assert (isinstance(one, subprocess.Popen), one.wait(STATUS_SECONDS)) == (True, 0)


def loaded_by(code: str) -> set[str]:
    """The modules that a process of the rung has after this."""
    asked = f"{textwrap.dedent(code)}\nimport sys\nprint(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(WITHOUT)}
    ran = subprocess.run(
        [sys.executable, "-c", asked], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


def packages(modules: Iterable[str]) -> set[str]:
    return {each.split(".")[0] for each in modules} - set(sys.stdlib_module_names) - NOT_OF_ANYBODY


def test_the_list_names_what_the_shop_loads_and_brings_nothing_else() -> None:
    """Otherwise the list has rotted, or the zygote would make a difference to what a process finds."""
    by_the_shop = loaded_by(f"""
        import chassis, pkgutil, {", ".join(HOUSES)}
        from importlib import import_module
        for house in (chassis, {", ".join(HOUSES)}):
            for _, room, _ in pkgutil.walk_packages(house.__path__, house.__name__ + "."):
                if not any(word in room for word in ("cli", "console", "migrations")):
                    import_module(room)

        import httpx2
        from chassis.async_engine import create_async_engine
        from chassis.server import make_server
        make_server(None).config.load()
        httpx2.AsyncClient()
        create_async_engine("postgresql+asyncpg://")
    """)
    by_the_zygote = loaded_by("from dev import zygote; zygote.load()")
    assert set(MODULES) <= by_the_zygote
    assert set(MODULES) - by_the_shop == set(), "no process loads these: take them off the list"
    assert packages(by_the_zygote) - packages(by_the_shop) == set(), "no process has these"
    assert packages(by_the_zygote) & OURS == set(), "who is started anew must read them anew"
