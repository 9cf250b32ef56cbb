"""What people see of the logs."""

import io
import json
from pathlib import Path

from dev.console import NAME_WIDTH, Console, Follower, shortened

LINE = {
    "room": "order.saga",
    "event": "order.confirmed",
    "number": "M-1",
    "attempt": 2,
    "level": "info",
    "timestamp": "2026-11-24T10:00:01.234567Z",
    "service": "order",
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
}


def test_a_log_line_is_told_in_short() -> None:
    assert shortened(LINE) == "10:00:01.234 order.confirmed number=M-1 attempt=2"


def test_a_value_with_spaces_is_quoted_and_a_long_one_cut() -> None:
    told = shortened({**LINE, "number": "two words", "attempt": "x" * 500})
    assert told == f'10:00:01.234 order.confirmed number="two words" attempt={"x" * 120}…'


def test_an_exception_stands_on_lines_of_its_own() -> None:
    assert shortened({**LINE, "exception": "Traceback\n  boom"}).endswith("attempt=2\nTraceback\n  boom")


def test_a_request_at_the_gateway_is_told_in_short() -> None:
    line = {"event": "gateway.request", "time": "2026-11-24T10:00:01.234Z", "method": "GET", "path": "/api/v1/me"}
    assert shortened({**line, "status": 200, "milliseconds": 3}) == "10:00:01.234 GET /api/v1/me 200 3 ms"


def test_lines_are_shown_whole_with_the_name_before_them_as_they_come(tmp_path: Path) -> None:
    out, log = io.StringIO(), tmp_path / "order-api.log"
    follower = Follower(Console(out), {"order-api": log})
    follower.look()
    log.write_text("first\nsec")
    follower.look()
    assert out.getvalue() == f"{'order-api'.ljust(NAME_WIDTH)} first\n"
    with log.open("a") as more:
        more.write("ond\n")
    follower.look()
    assert out.getvalue().endswith(f"{'order-api'.ljust(NAME_WIDTH)} second\n")


def test_raw_lines_stay_as_they_were_written(tmp_path: Path) -> None:
    out, log = io.StringIO(), tmp_path / "order-api.log"
    log.write_text(json.dumps(LINE) + "\n")
    Follower(Console(out, raw=True), {"order-api": log}).look()
    assert json.loads(out.getvalue()) == LINE
