"""One of everybody: how much room it takes, how it follows changes, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
from dev.cost import pss_mebibytes
from testkit.verify.journal import Journal

from tests.dev.conftest import Rungs, walk_the_journeys
from tests.dev.rung import CHECKOUT, Rung, open_rung, until
from tests.journeys.shop import Shop

MOST_MEBIBYTES = 700


def test_all_our_processes_together_stay_small(single: Rung, tmp_path: Path) -> None:
    walk_the_journeys(single, tmp_path)
    room = {each.name: pss_mebibytes(each.pid) for each in single.home.run_file.processes()}
    ours = {each.name: room[each.name] for each in single.shop}
    print(*(f"{name:22} {size:6.1f} MiB PSS" for name, size in room.items()), sep="\n")
    print(f"ours, after the journeys: {sum(ours.values()):.0f} MiB PSS in {len(ours)} processes")
    assert len(ours) == 11
    assert sum(ours.values()) <= MOST_MEBIBYTES


def test_a_changed_service_starts_its_own_two_processes_anew_and_nobody_else(single: Rung) -> None:
    before = {each.name: each for each in single.shop}
    births = {name: single.births(name) for name in before}
    os.utime(CHECKOUT / "services" / "notification" / "src" / "notification_service" / "main.py")
    changed = {"notification-api", "notification-worker"}
    until(lambda: all(single.births(name) > births[name] for name in changed), f"{changed} to be started anew")
    until(lambda: "ready again" in single.said.read_text(), "the rung to say so")
    assert {each.name for each in single.shop if each != before[each.name]} == changed


def test_changed_routes_are_rendered_anew_and_nothing_is_restarted(single: Rung) -> None:
    before, routes = single.one("gateway"), single.home.folder / "gateway" / "rds.yaml"
    rendered = routes.stat().st_mtime_ns
    os.utime(CHECKOUT / "gateway" / "routes.yaml")
    until(lambda: routes.stat().st_mtime_ns > rendered, "the routes to be rendered")
    assert single.one("gateway") == before
    until(lambda: httpx2.get(f"{single.url}/readyz").is_success, "the gateway to be ready")


def test_shopctl_finds_the_services_of_the_run(single: Rung) -> None:
    again = shopctl(single, "migrate")
    assert (again["ended"], [each["ended"] for each in again["steps"]]) == ("done", ["done"] * 5)
    assert shopctl(single, "seed")["steps"][0]["said"] == ["0 products added"]
    assert [each["said"] for each in shopctl(single, "redrive")["steps"]] == [["0 messages moved"]] * 5
    assert shopctl(single, "bootstrap", "--email", "boss@example.org", "--name", "Boss")["ended"] == "nothing_to_do"
    compared = shopctl(single, "reconcile")
    assert (compared["ended"], compared["steps"][0]["said"]["recon_diff"]) == ("done", 0)
    with single.without("postgres"):
        assert shopctl(single, "migrate", "--only", "payment")["ended"] == "not_now"
    with single.without("rabbit"):
        assert shopctl(single, "redrive", "order")["ended"] == "not_now"


def test_a_second_run_in_the_same_place_is_refused_and_harms_nobody(single: Rung) -> None:
    before = single.home.run_file.processes()
    command = [sys.executable, "-m", "dev", "--home", str(single.home.folder), "up", "--port", "1"]
    second = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert (second.returncode, "a run is open already" in second.stderr) == (1, True)
    assert single.home.run_file.processes() == before


def test_dev_down_ends_a_run_that_lost_its_terminal(single: Rung, rungs: Rungs) -> None:
    down = [sys.executable, "-m", "dev", "--home", str(single.home.folder), "down"]
    ended = subprocess.run(down, cwd=CHECKOUT, capture_output=True, text=True, timeout=120)
    rungs.open = None
    assert ended.returncode == 0, ended.stderr
    assert single.process.wait(10) == 0, single.tail()
    single.assert_nothing_left()
    again = subprocess.run(down, cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert (again.returncode, again.stdout) == (0, "dev: nothing of it runs\n")


def test_kept_data_are_found_again_and_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = open_rung(home, replicas=1, keep=True)
    with httpx2.Client(base_url=first.url, timeout=20) as client:
        customer = Shop(client, Journal()).customer()
    first.close()

    second = open_rung(home, replicas=1, keep=True)
    with httpx2.Client(base_url=second.url, timeout=20) as client:
        customer.shop = Shop(client, Journal())
        customer.sign_in()
    everybody = second.home.run_file.processes()
    assert len(everybody) == 23
    second.process.send_signal(signal.SIGKILL)
    second.process.wait()
    until(lambda: not any(each.alive for each in everybody), "everybody to be gone")
    second.assert_nothing_left()


def shopctl(rung: Rung, *arguments: str) -> Any:
    """What it answers programs."""
    command = [sys.executable, "-m", "shopctl", *arguments, "--env", str(rung.home.settings), "--json"]
    password = "five orange kayaks drifting\n"
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, input=password, timeout=120)
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)
