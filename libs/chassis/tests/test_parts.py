"""The small parts: settings, jobs, health, fingerprints, the world, the twin's transactions."""

import asyncio
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest
from chassis.admission import Admission, Worth
from chassis.bounds import STREAMS, Load, Place, StreamsFull
from chassis.faults import BrokerDown, StoreUnavailable
from chassis.health import Health
from chassis.idempotency import fingerprint
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.server import Background, WorkEnded
from chassis.settings import ServiceSettings, example, load
from chassis.world import World
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from .conftest import Said


class SomeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="TESTED_")
    service: ClassVar[str] = "tested"

    signing_key: str = Field(min_length=8, description="A secret.")
    hosts: list[str] = Field(default_factory=list, description="A list.")


def test_every_bad_setting_is_named_and_no_value_is_shown(monkeypatch, capsys) -> None:
    monkeypatch.setenv("TESTED_SIGNING_KEY", "hunter2")
    monkeypatch.setenv("TESTED_PUBLIC_PORT", "99999")

    with pytest.raises(SystemExit) as stopped:
        load(SomeSettings)

    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "tested: setting TESTED_SIGNING_KEY: " in said
    assert "tested: setting TESTED_PUBLIC_PORT: " in said
    assert "hunter2" not in said


def test_a_list_that_cannot_be_read_stops_the_start_too(monkeypatch, capsys) -> None:
    monkeypatch.setenv("TESTED_SIGNING_KEY", "long enough")
    monkeypatch.setenv("TESTED_HOSTS", "not json")

    with pytest.raises(SystemExit) as stopped:
        load(SomeSettings)

    assert stopped.value.code == 2
    assert "TESTED_HOSTS" in capsys.readouterr().err


def test_a_secret_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "tested_signing_key").write_text("from a file")

    class FromFiles(SomeSettings):
        model_config = SettingsConfigDict(secrets_dir=tmp_path)

    assert load(FromFiles).signing_key == "from a file"


def test_the_example_names_every_setting_once() -> None:
    lines = example(SomeSettings).splitlines()

    assert "TESTED_SIGNING_KEY=" in lines
    assert "TESTED_DRAIN_SECONDS=5" in lines
    assert lines.count("# A secret.") == 1


async def until_cancelled(task: asyncio.Task) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class SwiftClock:
    """Sleeps cost nothing but a turn of the loop, and are remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def monotonic(self) -> float:
        return sum(self.slept)


@pytest.mark.parametrize("fault", [StoreUnavailable("x"), BrokerDown("x"), LookupError("a bug")], ids=repr)
async def test_a_job_comes_round_again_whatever_happened(fault) -> None:
    clock, rounds, third = SwiftClock(), [], asyncio.Event()

    async def run() -> int:
        rounds.append(1)
        if len(rounds) == 3:
            third.set()
        raise fault

    running = asyncio.create_task(Job("sweep", timedelta(seconds=10), run).forever(World(clock=clock)))
    async with asyncio.timeout(5):
        await third.wait()
    await until_cancelled(running)

    assert all(9 <= pause <= 11 for pause in clock.slept)


async def test_a_job_with_more_to_do_does_not_wait() -> None:
    clock, left, idle = SwiftClock(), [3, 2, 1], asyncio.Event()

    async def run() -> int:
        if not left:
            idle.set()
        return left.pop() if left else 0

    running = asyncio.create_task(Job("sweep", timedelta(seconds=10), run).forever(World(clock=clock)))
    async with asyncio.timeout(5):
        await idle.wait()
    await until_cancelled(running)

    assert left == []
    assert len(clock.slept) <= 1


async def test_a_job_with_a_bell_waits_for_it_between_its_rounds_and_leaves_at_once() -> None:
    clock, bell, rounds = SwiftClock(), asyncio.Semaphore(0), asyncio.Queue[int]()

    async def run() -> int:
        rounds.put_nowait(1)
        return 0

    async def rung() -> None:
        await bell.acquire()

    running = asyncio.create_task(Job("settle", timedelta(0), run, bell=rung).forever(World(clock=clock)))
    async with asyncio.timeout(5):
        await rounds.get()
        assert rounds.empty()
        bell.release()
        await rounds.get()
        await until_cancelled(running)

    assert clock.slept == []


async def test_what_should_not_be_broken_off_gets_its_time_and_no_more() -> None:
    done: list[str] = []

    async def work(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        done.append(name)

    world = World()
    quick = asyncio.create_task(world.to_the_end(work("quick", 0.02), name="quick", patience=10))
    slow = asyncio.create_task(world.to_the_end(work("slow", 60), name="slow", patience=0.02))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    quick.cancel()
    slow.cancel()
    await asyncio.gather(quick, slow, return_exceptions=True)

    assert quick.cancelled()
    assert slow.cancelled()
    assert done == ["quick"]


async def test_the_result_and_the_fault_come_through() -> None:
    async def answer() -> int:
        return 5

    async def fail() -> int:
        raise LookupError

    assert await World().to_the_end(answer(), name="a") == 5
    with pytest.raises(LookupError):
        await World().to_the_end(fail(), name="b")


async def test_a_part_that_ends_is_told_even_when_it_ended_well() -> None:
    background = Background(World())

    async def forever() -> None:
        await asyncio.Event().wait()

    async def briefly() -> None:
        return

    background.start("always", forever())
    background.start("relay", briefly())

    with pytest.raises(WorkEnded, match="relay"):
        await background.watch()
    await background.stop()


async def test_a_check_that_fails_or_complains_keeps_the_process_unready_until_it_is_content() -> None:
    health, answers = Health(World(clock=SwiftClock())), [LookupError("x"), ["fsync is off"], []]
    seen: list[list[str]] = []

    async def check() -> list[str]:
        seen.append(health.faults)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert not health.ready
    await health.assert_settings(check)

    assert health.ready
    assert seen == [["starting"], ["a check failed: LookupError"], ["fsync is off"]]
    health.draining = True
    assert not health.ready


BODIES = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers() | st.booleans() | st.none())


@given(BODIES, st.randoms())
def test_the_order_of_fields_makes_no_other_request(body, random) -> None:
    shuffled = list(body.items())
    random.shuffle(shuffled)

    assert fingerprint("POST", "/orders", dict(shuffled)) == fingerprint("POST", "/orders", body)


@given(BODIES, BODIES)
def test_another_body_route_or_method_is_another_request(one, other) -> None:
    same = repr(sorted(one.items(), key=str)) == repr(sorted(other.items(), key=str))

    assert (fingerprint("POST", "/orders", one) == fingerprint("POST", "/orders", other)) == same
    assert fingerprint("POST", "/orders", one) != fingerprint("POST", "/refunds", one)
    assert fingerprint("POST", "/orders", one) != fingerprint("PUT", "/orders", one)


async def test_a_transaction_in_memory_leaves_nothing_behind_when_it_fails() -> None:
    store = MemoryStore(World())
    table = store.table()
    async with store.transaction():
        table.put("kept", 1)
        table.put("changed", 1)
        table.put("deleted", 1)

    async def fail() -> None:
        async with store.transaction():
            table.put("new", 2)
            table.put("new", 3)
            table.put("changed", 2)
            table.delete("changed")
            table.delete("deleted")
            table.put("deleted", 9)
            store.announce(Said(order_id=uuid4()))
            assert store.first_time("order", uuid4())
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert {key: table.get(key) for key in ("kept", "changed", "deleted", "new")} == {
        "kept": 1,
        "changed": 1,
        "deleted": 1,
        "new": None,
    }
    assert store.announced == []
    assert store.inbox_facts() == []


async def test_a_transaction_in_memory_that_is_cancelled_leaves_nothing_behind_and_lets_the_next_one_in() -> None:
    store = MemoryStore(World())
    table, inside = store.table(), asyncio.Event()

    async def hang() -> None:
        async with store.transaction():
            table.put("a", 1)
            inside.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await inside.wait()
    await until_cancelled(hanging)

    async with asyncio.timeout(5), store.transaction():
        assert table.get("a") is None


async def test_a_repeat_is_recognised_by_each_consumer_for_itself() -> None:
    store, message = MemoryStore(World()), uuid4()
    async with store.transaction():
        assert store.first_time("order", message)
        assert not store.first_time("order", message)
        assert store.first_time("notification", message)


def test_whoever_wants_to_know_is_told_when_the_process_begins_to_leave() -> None:
    told: list[str] = []
    health = Health(World(), faults=[])
    health.when_leaving(lambda: told.append("streams"))
    health.when_leaving(lambda: told.append(str(health.ready)))

    health.leave()

    assert told == ["streams", "False"]


def test_an_answer_that_stays_open_leaves_its_place_to_a_request_and_has_one_of_its_own() -> None:
    load = Load(Admission(1, World().clock))

    with ExitStack() as stack:
        for _ in range(STREAMS):
            assert load.admission.enter(Worth.OWN)
            stack.enter_context(Place(load, Worth.OWN, at=0).stream())
        assert load.admission.enter(Worth.OWN)
        with pytest.raises(StreamsFull), Place(load, Worth.OWN, at=0).stream():
            pass
        assert (load.working, load.streaming) == (1, STREAMS)

    assert load.streaming == 0
