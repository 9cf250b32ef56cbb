"""Who is sent away when more come than can be served, and that nobody is when they can."""

from dataclasses import dataclass

import pytest
from chassis import authz
from chassis.admission import CUT, FEWEST, PATIENCE_SECONDS, TARGET_SECONDS, Admission, Worth
from chassis.worths import Worths

MOST = 200
QUICK, SLOW = TARGET_SECONDS / 10, TARGET_SECONDS * 2


@dataclass
class HandClock:
    time: float = 0.0

    def monotonic(self) -> float:
        return self.time


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def admission(clock: HandClock) -> Admission:
    return Admission(MOST, clock)  # type: ignore[arg-type] - of a clock it reads one hand


def come(admission: Admission, worth: Worth, count: int) -> int:
    """How many of them were let in."""
    return sum(admission.enter(worth) for _ in range(count))


def test_some_places_are_kept_for_those_on_whom_more_depends(admission: Admission) -> None:
    let_in = [come(admission, each, MOST) for each in (Worth.REPORT, Worth.LOOKING, Worth.OWN, Worth.MONEY)]

    assert let_in == [100, 60, 20, 20]


def be_slow(admission: Admission, worth: Worth, clock: HandClock) -> None:
    """As long as it takes until places are cut, with somebody told that work took too long at both ends."""
    admission.took(worth, SLOW)
    clock.time += PATIENCE_SECONDS
    admission.took(worth, SLOW)


def let_go(admission: Admission, worth: Worth) -> None:
    """Whoever has no place any more leaves."""
    while admission.inside[worth] > admission.places[worth]:
        admission.leave(worth)


def test_a_slow_answer_alone_takes_no_place_away(admission: Admission, clock: HandClock) -> None:
    come(admission, Worth.OWN, 100)

    admission.took(Worth.OWN, 60)
    clock.time += 2 * PATIENCE_SECONDS
    admission.took(Worth.OWN, 60)

    assert admission.places[Worth.OWN] == MOST


def test_a_crowd_that_is_served_within_a_moment_is_served_whole(admission: Admission, clock: HandClock) -> None:
    come(admission, Worth.OWN, 100)

    for _ in range(9):
        admission.took(Worth.OWN, SLOW)
        clock.time += PATIENCE_SECONDS / 10
    admission.took(Worth.OWN, QUICK)
    for _ in range(9):
        clock.time += PATIENCE_SECONDS / 10
        admission.took(Worth.OWN, SLOW)

    assert admission.places[Worth.OWN] == MOST


def test_who_is_worth_least_gives_way_first_although_it_is_others_who_wait(
    admission: Admission, clock: HandClock
) -> None:
    come(admission, Worth.MONEY, 40)
    come(admission, Worth.LOOKING, 20)

    seen = []
    for _ in range(9):
        be_slow(admission, Worth.MONEY, clock)
        let_go(admission, Worth.LOOKING)
        seen.append((admission.inside[Worth.LOOKING], admission.places[Worth.MONEY] == MOST))

    assert seen == [(16, True), (12, True), (9, True), (7, True), (5, True), (4, True), *[(4, False)] * 3]
    assert admission.places[Worth.MONEY] < 40


def test_slow_reports_send_no_customer_away(admission: Admission, clock: HandClock) -> None:
    come(admission, Worth.REPORT, 2 * FEWEST[Worth.REPORT])
    come(admission, Worth.LOOKING, 20)
    come(admission, Worth.MONEY, 40)

    for _ in range(9):
        be_slow(admission, Worth.REPORT, clock)
        let_go(admission, Worth.REPORT)

    assert admission.inside[Worth.REPORT] == FEWEST[Worth.REPORT]
    assert {admission.places[each] for each in (Worth.MONEY, Worth.OWN, Worth.LOOKING)} == {MOST}


def test_whoever_looks_gives_way_before_it_is_slow_for_others(admission: Admission, clock: HandClock) -> None:
    """At half of the target those who look are too many, and those who buy are not."""
    for worth in (Worth.LOOKING, Worth.OWN, Worth.MONEY):
        come(admission, worth, 40)
        for _ in range(2):
            admission.took(worth, TARGET_SECONDS / 2)
            clock.time += PATIENCE_SECONDS

    assert admission.places[Worth.LOOKING] == CUT * 40
    assert admission.places[Worth.OWN] == admission.places[Worth.MONEY] == MOST


def test_nobody_loses_the_last_few_places(admission: Admission, clock: HandClock) -> None:
    come(admission, Worth.OWN, 100)
    for _ in range(100):
        be_slow(admission, Worth.OWN, clock)
        let_go(admission, Worth.OWN)

    assert admission.places[Worth.OWN] == FEWEST[Worth.OWN]


def test_a_cut_has_time_to_show_before_the_next(admission: Admission, clock: HandClock) -> None:
    come(admission, Worth.OWN, 100)

    be_slow(admission, Worth.OWN, clock)
    clock.time += PATIENCE_SECONDS / 2
    admission.took(Worth.OWN, SLOW)

    assert admission.places[Worth.OWN] == CUT * 100


def test_places_come_back_while_they_are_wanted_and_work_is_quick(admission: Admission, clock: HandClock) -> None:
    come(admission, Worth.OWN, 100)
    be_slow(admission, Worth.OWN, clock)
    before = admission.places[Worth.OWN]

    for _ in range(60):
        clock.time += 1
        admission.took(Worth.OWN, QUICK)
    wanted = admission.places[Worth.OWN]
    while admission.inside[Worth.OWN]:
        admission.leave(Worth.OWN)
    admission.places[Worth.OWN] = before
    clock.time += 1
    admission.took(Worth.OWN, QUICK)

    assert before < wanted <= MOST
    assert admission.places[Worth.OWN] == before


def test_whoever_only_rested_comes_back_in(admission: Admission) -> None:
    come(admission, Worth.OWN, MOST)
    admission.leave(Worth.OWN)
    assert admission.enter(Worth.OWN)

    admission.come_back(Worth.OWN)

    assert not admission.enter(Worth.OWN)


TABLE = """
GET /things: {who: [anonymous]}
GET /things/{name}: {who: [anonymous]}
POST /things: {who: [anonymous]}
GET /mine: {who: [customer]}
POST /orders: {who: [customer], money: true}
POST /orders/{order_id}/cancel: {who: [customer], ownership: principal, money: true}
GET /orders/{order_id}: {who: [customer], ownership: principal}
GET /staff/orders: {who: [support, admin]}
GET /staff/orders/{order_id}: {who: [support, admin]}
POST /staff/orders/{order_id}/ship: {who: [support, admin]}
"""


@pytest.mark.parametrize(
    ("method", "path", "worth"),
    [
        ("GET", "/things", Worth.LOOKING),
        ("GET", "/things/mug", Worth.LOOKING),
        ("GET", "/things/mug/more", Worth.OWN),
        ("POST", "/things", Worth.OWN),
        ("GET", "/mine", Worth.OWN),
        ("POST", "/orders", Worth.MONEY),
        ("POST", "/orders/1/cancel", Worth.MONEY),
        ("GET", "/orders/1", Worth.OWN),
        ("GET", "/staff/orders", Worth.REPORT),
        ("GET", "/staff/orders/1", Worth.REPORT),
        ("POST", "/staff/orders/1/ship", Worth.OWN),
        ("GET", "/nowhere", Worth.OWN),
    ],
)
def test_worth_follows_from_the_table_of_routes(method: str, path: str, worth: Worth) -> None:
    assert Worths(authz.parse(TABLE)).of(method, path) is worth
