"""The picture shows what was said about one order, and what went wrong in its time."""

import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from tests.simulation.__main__ import main
from tests.simulation.picture import draw, lane, lines_of
from tests.simulation.trace import Trace


def a_trace() -> Trace:
    clock = iter(range(10))
    trace = Trace(lambda: float(next(clock)))
    trace.fault("broker", "too early")
    trace.note("buyer-1", "order-api", "check out", order_id="mine")
    trace.fault("payment-worker-2", "killed")
    trace.note("buyer-2", "order-api", "check out", order_id="another")
    trace.note("order-worker", "payment-worker-2", "CapturePayment.v1", order_id="mine", fault="lost <once>")
    trace.fault("broker", "too late")
    return trace


def test_an_order_is_shown_with_the_faults_of_its_time() -> None:
    assert [each.what for each in lines_of(a_trace(), "mine")] == ["check out", "killed", "CapturePayment.v1"]


def test_an_order_that_nothing_happened_to_has_no_lines() -> None:
    assert lines_of(a_trace(), "unheard of") == []


def test_replicas_share_a_column_and_so_do_people() -> None:
    assert lane("payment-worker-2") == lane("payment-api") == "payment"
    assert lane("buyer-1") == lane("clerk") == "people"


def test_the_picture_is_well_formed_and_says_what_was_lost() -> None:
    picture = draw(lines_of(a_trace(), "mine"), title="seed <1>")

    said = [each.text for each in Xml.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - ours
    assert "CapturePayment.v1 (lost <once>)" in said
    assert "payment-worker-2: killed" in said


def test_a_replay_tells_the_order_and_leaves_a_picture_and_the_whole_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["7", "--steps", "40", "--to", str(tmp_path)]) == 0

    told = capsys.readouterr().out
    assert "every invariant holds" in told
    assert (tmp_path / "7.svg").read_text().startswith("<svg")
    assert len((tmp_path / "7.txt").read_text().splitlines()) > 40
