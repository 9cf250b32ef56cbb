"""The gate after a deployment, against a Prometheus that says what the test wants."""

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from .gitlab import CHECKOUT

GATE = CHECKOUT / "scripts/gate.py"


def load() -> object:
    spec = importlib.util.spec_from_file_location("gate", GATE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gate"] = module
    spec.loader.exec_module(module)
    return module


gate = load()


@dataclass
class Prometheus:
    """Says numbers, by what is asked for: all requests, those with 5xx, and the percentile."""

    requests: str | None = "200"
    errors: str | None = None
    p95: str | None = "0.08"
    broken: bool = False
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, query: str) -> dict:
        self.asked.append(query)
        value = self.p95 if "quantile" in query else self.errors if "5.." in query else self.requests
        return {"status": "success", "data": {"result": [] if value is None else [{"value": [0, value]}]}}


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    said = Prometheus()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(said.answer(parse_qs(urlsplit(self.path).query)["query"][0])).encode()
            self.send_response(503 if said.broken else 200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said.url = f"http://127.0.0.1:{server.server_port}"
    yield said
    server.shutdown()
    server.server_close()


def ask(prometheus: Prometheus, *words: str) -> int:
    return gate.main(["--prometheus", prometheus.url, "--namespace", "shop-staging", *words])


def test_a_shop_that_is_well_passes(prometheus: Prometheus) -> None:
    assert ask(prometheus) == 0
    assert 'namespace="shop-staging"' in prometheus.asked[0]


def test_two_percent_of_errors_do_not_pass(prometheus: Prometheus) -> None:
    prometheus.errors = "4"

    assert ask(prometheus) == 1


def test_a_shop_that_is_slow_does_not_pass(prometheus: Prometheus) -> None:
    prometheus.p95 = "0.7"

    assert ask(prometheus) == 1


@pytest.mark.parametrize("requests", [None, "0", "12"])
def test_without_traffic_nothing_is_said(prometheus: Prometheus, requests: str | None) -> None:
    prometheus.requests, prometheus.errors = requests, "12"

    assert ask(prometheus) == 3


def test_whoever_knows_no_percentile_does_not_say_that_it_is_kept(prometheus: Prometheus) -> None:
    prometheus.p95 = "NaN"

    assert ask(prometheus) == 3


def test_a_prometheus_that_is_broken_says_nothing(prometheus: Prometheus) -> None:
    prometheus.broken = True

    assert ask(prometheus) == 3


def test_one_that_is_not_there_says_nothing() -> None:
    assert gate.main(["--prometheus", "", "--namespace", "shop"]) == 3


def test_being_ill_once_decides() -> None:
    seen = iter([gate.Seen(100, 0, 0.1), gate.Seen(100, 0.5, 0.1), gate.Seen(100, 0, 0.1)])
    told: list[str] = []

    verdict = gate.watch(lambda: next(seen), gate.Bounds(), rounds=3, pause=lambda: None, tell=told.append)

    assert verdict == 1
    assert len(told) == 2


def test_traffic_that_comes_later_counts() -> None:
    seen = iter([gate.Seen(0, 0, 0), gate.Seen(100, 0, 0.1)])

    verdict = gate.watch(lambda: next(seen), gate.Bounds(), rounds=2, pause=lambda: None, tell=lambda _: None)

    assert verdict == 0


def test_any_python_runs_it_and_hears_the_exit_code(prometheus: Prometheus) -> None:
    prometheus.errors = "100"

    ran = subprocess.run(
        [sys.executable, "-IS", str(GATE), "--prometheus", prometheus.url], capture_output=True, text=True, timeout=30
    )

    assert ran.returncode == 1
    assert ran.stdout == "ill: 200 requests, 50.00% of them answered with 5xx, 95 % within 80 ms\n"
