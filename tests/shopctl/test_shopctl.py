"""One command for all consoles: who is called, what a dry run does, and how endings add up."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from chassis.console import Ended, ended
from chassis.faults import StoreUnavailable
from shopctl.__main__ import main

CONSOLE = """
import json, os, sys
service, *asked = sys.argv[1:]
with open({calls!r}, "a") as calls:
    calls.write(json.dumps([service, *asked[2:]]) + "\\n")
ending = {endings!r}.get(service, [0, "done", ""])
print(ending[1])
print(ending[2] or os.environ.get(f"{{service.upper()}}_SAYS", ""), file=sys.stderr)
sys.exit(ending[0])
"""


class Shop:
    """Consoles that end as they are told to, and remember how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls"
        self.script = folder / "console.py"
        self.will({})

    def will(self, endings: dict[str, list[Any]]) -> None:
        self.script.write_text(CONSOLE.format(calls=str(self.calls), endings=endings))

    def ctl(self, *arguments: str) -> int:
        return main([*arguments, "--via", f"{sys.executable} {self.script} {{service}}", "--env", str(self.folder)])

    @property
    def called(self) -> list[list[str]]:
        return [json.loads(line) for line in self.calls.read_text().splitlines()] if self.calls.exists() else []


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        (["seed"], [["product", "seed"]]),
        (["migrate", "--only", "order"], [["order", "migrate"]]),
        (["migrate"], [[each, "migrate"] for each in ("user", "product", "order", "payment", "notification")]),
        (["redrive", "order", "--limit", "5"], [["order", "redrive", "--limit", "5"]]),
        (["rotate-keys"], [["user", "rotate-keys"]]),
        (["rotate-keys", "publish", "--json"], [["user", "rotate-keys", "--publish", "--json"]]),
        (["reconcile", "--since", "24"], [["payment", "reconcile", "--since", "24.0"]]),
        (["saga"], [["order", "diagram"]]),
        (
            ["bootstrap", "--email", "a@b.example", "--name", "Ada"],
            [["user", "bootstrap-admin", "--email", "a@b.example", "--name", "Ada"]],
        ),
    ],
)
def test_a_verb_finds_the_consoles_that_it_belongs_to(shop: Shop, asked: list[str], called: list[list[str]]) -> None:
    assert shop.ctl(*asked) == Ended.DONE
    assert shop.called == called


def test_a_dry_run_runs_nothing_and_says_what_it_would(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.ctl("redrive", "order", "payment", "--dry-run") == Ended.DONE
    assert shop.called == []
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(" -m ")[2] for line in told] == [
        "order_service.cli redrive --limit 1000",
        "payment_service.cli redrive --limit 1000",
    ]


def test_a_console_that_can_rehearse_is_asked_to(shop: Shop) -> None:
    assert shop.ctl("rotate-keys", "promote", "--dry-run") == Ended.DONE
    assert shop.called == [["user", "rotate-keys", "--promote", "--dry-run"]]


@pytest.mark.parametrize(
    ("endings", "whole"),
    [
        ({}, Ended.DONE),
        ({"order": [1, "", "no"]}, Ended.REFUSED),
        ({"order": [4, "", "away"]}, Ended.NOT_NOW),
        ({"order": [4, "", "away"], "user": [1, "", "no"]}, Ended.REFUSED),
        ({"order": [1, "", "no"], "user": [2, "", "a setting"]}, Ended.MISUSED),
        ({"order": [3, "", "nothing"]}, Ended.DONE),
        ({"order": [-9, "", ""]}, Ended.REFUSED),
    ],
)
def test_the_worst_ending_is_that_of_the_whole(shop: Shop, endings: dict[str, list[Any]], whole: Ended) -> None:
    shop.will(endings)
    assert shop.ctl("migrate") == whole
    assert len(shop.called) == 5


def test_nothing_to_do_is_said_when_there_was_nothing_anywhere(shop: Shop) -> None:
    shop.will({"user": [3, "", "there is an admin"]})
    assert shop.ctl("bootstrap", "--email", "a@b.example", "--name", "Ada") == Ended.NOTHING_TO_DO


def test_programs_are_told_in_one_object(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.will({"order": [0, '{"moved": 3}', ""], "payment": [4, "", "unavailable"]})
    assert shop.ctl("redrive", "order", "payment", "--json") == Ended.NOT_NOW
    told = json.loads(capsys.readouterr().out)
    did = ["redrive", "--limit", "1000"]
    assert told == {
        "verb": "redrive",
        "ended": "not_now",
        "dry_run": False,
        "steps": [
            {"service": "order", "did": did, "ended": "done", "said": {"moved": 3}},
            {"service": "payment", "did": did, "ended": "not_now", "said": [], "complained": "unavailable"},
        ],
    }


def test_settings_of_a_run_are_handed_to_the_console(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    (shop.folder / "product.json").write_text(json.dumps({"PRODUCT_SAYS": "what the run was told"}))
    assert shop.ctl("seed") == Ended.DONE
    assert "product: what the run was told" in capsys.readouterr().err


def test_the_topology_is_the_committed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topology", "show"]) == Ended.DONE
    committed = Path(__file__).parents[2] / "deploy" / "rabbitmq" / "definitions.json"
    assert json.loads(capsys.readouterr().out) == json.loads(committed.read_text())


def test_a_broker_that_is_away_is_not_a_refusal() -> None:
    assert main(["topology", "apply", "--management-url", "http://127.0.0.1:9"]) == Ended.NOT_NOW
    assert main(["topology", "apply", "--management-url", "http://127.0.0.1:9", "--dry-run"]) == Ended.DONE


def test_a_console_that_cannot_reach_its_store_says_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def lost() -> int:
        raise StoreUnavailable("postgres", "refused")

    assert ended(lost) == Ended.NOT_NOW
    assert capsys.readouterr().err == "unavailable: StoreUnavailable: postgres is unavailable: refused\n"
    assert ended(lambda: 3) == Ended.NOTHING_TO_DO
