"""A handler that lost to another writer is run again at once; other faults are not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from chassis.broker import Verdict
from chassis.consuming import Dispatcher, Listener
from chassis.faults import StoreUnavailable, WriteConflict
from chassis.messages import Envelope, seal
from chassis.world import SystemClock, World

from .conftest import Said


@dataclass
class Pauses(SystemClock):
    """Sleeps no time, and remembers how long it should have."""

    taken: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)


@dataclass
class Stumbling:
    """A handler that fails `times` times before it succeeds."""

    fault: Callable[[], Exception]
    times: int
    calls: int = 0
    done: int = 0

    async def __call__(self, _message: Said, _envelope: Envelope) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise self.fault()
        self.done += 1


async def heard_by(handler: Stumbling, pauses: Pauses) -> Verdict:
    world = World(clock=pauses)
    return await Dispatcher(Listener(Said, handler), world=world)(seal(Said(order_id=uuid4()), world=world).body)


async def test_a_handler_that_lost_three_times_is_run_a_fourth_time_after_short_pauses() -> None:
    handler, pauses = Stumbling(lambda: WriteConflict("deadlock"), times=3), Pauses()

    assert await heard_by(handler, pauses) is Verdict.DONE

    assert (handler.calls, handler.done) == (4, 1)
    assert [pause < limit for pause, limit in zip(pauses.taken, [0.02, 0.04, 0.08], strict=True)] == [True] * 3


async def test_a_handler_that_lost_four_times_sends_its_message_up_the_ladder() -> None:
    handler = Stumbling(lambda: WriteConflict("deadlock"), times=99)

    assert await heard_by(handler, Pauses()) is Verdict.RETRY

    assert (handler.calls, handler.done) == (4, 0)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [(lambda: StoreUnavailable("PostgreSQL"), Verdict.STORE_DOWN), (lambda: KeyError("bug"), Verdict.RETRY)],
    ids=["store-down", "bug"],
)
async def test_any_other_fault_is_not_repeated(fault: Callable[[], Exception], verdict: Verdict) -> None:
    handler, pauses = Stumbling(fault, times=1), Pauses()

    assert await heard_by(handler, pauses) is verdict

    assert (handler.calls, pauses.taken) == (1, [])
