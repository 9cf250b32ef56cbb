"""Where a store comes from: in this order, and never from nowhere without a word."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from testkit.stores import containers
from testkit.stores.providers import Way
from testkit.stores.server import StoreFailed


@dataclass
class Made:
    """A store that remembers where it came from."""

    origin: str
    started: bool = False
    works: bool = True

    def start(self) -> None:
        if not self.works:
            raise StoreFailed("no such image")
        self.started = True

    def close(self) -> None:
        self.started = False


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What this machine has: nothing, until a test says otherwise."""

    @dataclass
    class Machine:
        installed: bool = False
        docker: bool = False
        registry: bool = True
        may_install: bool = False

        def open(self) -> Any:
            way = Way(
                "redis",
                find=lambda: Path("/usr/bin/it") if self.installed else None,
                make=lambda path: Made(str(path)),
                install=lambda: Path("/fetched/it") if self.may_install else None,
            )
            return way.open()

    machine = Machine()

    def container() -> Made:
        return Made("container", works=machine.registry)

    monkeypatch.delenv("MERCATO_TEST_REDIS_URL", raising=False)
    monkeypatch.delenv("MERCATO_TEST_STORES", raising=False)
    monkeypatch.setattr(containers, "docker_answers", lambda: machine.docker)
    monkeypatch.setitem(containers.CONTAINERS, "redis", container)
    return machine


def test_a_url_from_outside_comes_first(world, monkeypatch) -> None:
    world.installed = world.docker = world.may_install = True
    monkeypatch.setenv("MERCATO_TEST_REDIS_URL", "redis://elsewhere:1/0")

    assert world.open().url == "redis://elsewhere:1/0"


def test_then_a_server_that_is_installed(world) -> None:
    world.installed = world.docker = world.may_install = True

    store = world.open()

    assert (store.origin, store.started) == ("/usr/bin/it", True)


def test_then_a_container(world) -> None:
    world.docker = world.may_install = True

    store = world.open()

    assert (store.origin, store.started) == ("container", True)


def test_an_engine_without_a_way_to_a_registry_is_passed_over(world) -> None:
    world.docker, world.registry, world.may_install = True, False, True

    assert world.open().origin == "/fetched/it"


def test_whoever_asks_for_containers_gets_nothing_else(world, monkeypatch) -> None:
    monkeypatch.setenv("MERCATO_TEST_STORES", "containers")
    world.installed = world.docker = world.may_install = True

    assert world.open().origin == "container"
    world.docker = False
    with pytest.raises(StoreFailed, match="no Docker engine answers"):
        world.open()


def test_then_a_package(world) -> None:
    world.may_install = True

    store = world.open()

    assert (store.origin, store.started) == ("/fetched/it", True)


def test_otherwise_it_is_said_what_to_install(world) -> None:
    with pytest.raises(StoreFailed, match=r"no redis here.*Install it, or Docker, or set MERCATO_TEST_REDIS_URL"):
        world.open()


def test_no_test_of_ours_is_ever_skipped() -> None:
    """A machine without a store fails loudly; see above. So nothing in the tree needs a skip."""
    checkout = Path(__file__).parents[3]
    words = tuple("pytest." + word for word in ("skip(", "importorskip(", "mark.skip", "mark.xfail", "xfail("))
    tests = [
        path
        for place in ("libs", "services", "simulators", "demo", "tests")
        for path in checkout.glob(f"{place}/**/test_*.py")
    ]

    found = [f"{path}: {word}" for path in tests for word in words if word in path.read_text()]

    assert found == []
    assert len(tests) > 50
