"""What is told of a large shop against a small one, and of processes that start alone."""

from typing import Any

from tests.load.report import growth, starts

WHERE = {
    "date": "now",
    "commit": "abc",
    "changed_since": False,
    "idle_priority": False,
    "machine": {"cores": 2, "processor": "some"},
    "versions": {},
}


def size(of_each: int, p99: float, **failed: int) -> dict[str, Any]:
    asked = {"came": 10, "failed": failed, "ms": {"p50": 2.0, "p99": p99}}
    return {"of_each": of_each, "load": 1.0, "kinds": {"product": asked}}


def row_of(*sizes: dict[str, Any]) -> str:
    circumstances = {**WHERE, "asked": {"questions": 10, "seed": 1}}
    return growth({"circumstances": circumstances, "sizes": list(sizes)})[2]


def test_growth_is_how_many_times_the_p99_of_the_small_shop_it_takes() -> None:
    assert row_of(size(1_000, 4.0), size(1_000_000, 6.0)) == "| product | 2.0 | 2.0 | 4.0 | 6.0 | 1.5 times |"


def test_questions_without_an_answer_are_told_beside_those_that_had_one() -> None:
    told = row_of(size(1_000, 4.0), size(1_000_000, 6.0, **{"503": 3}))

    assert told.endswith("| 1.5 times, 3 503 |")


def test_a_large_shop_that_answers_nothing_has_no_growth() -> None:
    silent = size(1_000_000, 0, **{"503": 10})
    silent["kinds"]["product"]["ms"] = {}

    assert row_of(size(1_000, 4.0), silent) == "| product | 2.0 |  | 4.0 |  | 10 503 |"


def test_the_demo_is_told_apart_from_the_processes_of_the_shop() -> None:
    demo = {"seconds": 3.04, "cpu_seconds": 2.5, "rss": 180.4}
    alone = {"user-api": {"seconds": 1.234, "cpu_seconds": 1.0, "rss": 50.0}}
    circumstances = {**WHERE, "asked": {"times": 5}}

    told = starts({"circumstances": circumstances, "load": 0.5, "alone": alone, "demo": demo})

    assert [line for line in told if line.startswith("| user-api")] == ["| user-api | 1.23 | 1.00 |"]
    assert "3.0 s after its command (bar 5)" in "\n".join(told)
    assert "180 MiB" in "\n".join(told)
