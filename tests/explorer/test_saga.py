"""Every state that an order's world can come to, and what each row of the saga's table is there for."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from order_service.domain import saga_table
from order_service.domain.saga_table import TABLE, Row
from order_service.domain.states import State

from tests.explorer.explore import explore
from tests.explorer.payments import PaymentPart
from tests.explorer.plots import PLOTS
from tests.explorer.properties import Violated, check_where_it_leads, look

PAYMENTS = {plot.name: PaymentPart() for plot in PLOTS}
"""What payment does in each is worked out once: only the saga's table changes."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A hundred thousand steps, each of which would be logged."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


def test_every_state_is_right_and_leads_to_a_right_end(capsys: pytest.CaptureFixture[str]) -> None:
    reached: set[State] = set()
    states = steps = 0
    for plot in PLOTS:
        found = explore(plot, seen=look, payments=PAYMENTS[plot.name])
        check_where_it_leads(found)
        with capsys.disabled():
            print(f"\n  {plot.name}: {len(found.states):,} states, {found.steps:,} steps", end="")
        states, steps = states + len(found.states), steps + found.steps
        reached |= {found.model.order(shop).state for shop in found.states}
    with capsys.disabled():
        print(f"\n  together {states:,} states, {steps:,} steps: no violation")
    assert reached == set(State)


REASONS = Path(__file__).with_name("reasons.txt")
"""What each row and each guard is there for: what is left out, the property that fails then, and in which plot."""


def mutants() -> Mapping[str, tuple[Row, ...]]:
    """The table without one of its rows, or without one guard."""
    found: dict[str, tuple[Row, ...]] = {}
    for at, row in enumerate(TABLE):
        name = f"{row.before} {row.trigger} {row.after}"
        if row.when is None:
            found[name] = (*TABLE[:at], *TABLE[at + 1 :])
        else:
            found[f"{name} when {row.when.__name__}"] = (*TABLE[:at], *TABLE[at + 1 :])
            found[f"when {row.when.__name__} in {name}"] = (*TABLE[:at], replace(row, when=None), *TABLE[at + 1 :])
    return found


def reasons() -> Mapping[str, tuple[str, str]]:
    lines = (line.split("\t") for line in REASONS.read_text().splitlines())
    return {left_out: (violated, plot) for left_out, violated, plot in lines}


def test_every_row_and_every_guard_has_a_reason() -> None:
    assert reasons().keys() == mutants().keys()


@pytest.mark.parametrize("left_out", tuple(mutants()))
def test_without_it_that_property_fails(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    violated, name = reasons()[left_out]
    plot = next(each for each in PLOTS if each.name == name)
    monkeypatch.setattr(saga_table, "TABLE", mutants()[left_out])
    with pytest.raises(Violated, match=f"^{violated}: "):
        check_where_it_leads(explore(plot, seen=look, payments=PAYMENTS[name]))
