"""How a console ends, and how long it tries."""

import pytest
from chassis.console import Ended, ended, patiently
from chassis.faults import StoreUnavailable
from chassis.world import World


class Store:
    """Away for the first so many calls."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.calls = 0

    async def prepare(self) -> None:
        self.calls += 1
        if self.calls <= self.away:
            raise StoreUnavailable("PostgreSQL", "no such login")


def test_work_is_done_again_until_the_store_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(away=2)

    assert patiently(store.prepare, seconds=30, world=World()) == Ended.DONE

    assert store.calls == 3
    assert capsys.readouterr().err.count("not yet: StoreUnavailable: PostgreSQL is unavailable: no such login") == 2


def test_without_patience_it_is_tried_once(capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(away=1)

    assert ended(lambda: patiently(store.prepare, seconds=0, world=World())) == Ended.NOT_NOW

    assert store.calls == 1
    assert "unavailable: StoreUnavailable" in capsys.readouterr().err


def test_what_is_no_absence_is_not_tried_again() -> None:
    calls: list[str] = []

    async def wrong() -> None:
        calls.append("called")
        raise ValueError("a revision that nobody knows")

    with pytest.raises(ValueError, match="nobody knows"):
        patiently(wrong, seconds=30, world=World())
    assert len(calls) == 1
