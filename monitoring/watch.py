"""A real Prometheus and a real Alertmanager before a dev run: our own files, with the addresses of that run in them.

Only intervals are shorter than on the compose rung (5 s instead of 15 s); rules, durations and routes are as they are.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import yaml
from dev.home import Home
from dev.pages import STOREFRONT
from dev.ports import free_ports
from dev.processes import die_with_us
from dev.settings import SERVICES

CHECKOUT = Path(__file__).parents[1]
MONITORING = CHECKOUT / "monitoring"
INTERVAL = "5s"


def until[T](look: Callable[[], T | None], what: str, seconds: float) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise TimeoutError(f"waited {seconds:.0f} s for {what}")


@dataclass(frozen=True)
class Run:
    """A dev run, as its folder tells of it."""

    home: Home

    @property
    def url(self) -> str:
        return f"http://{self._place['public']['at']}"

    @property
    def door(self) -> dict[str, Any]:
        """What the development door knows: among it the broker's management interface."""
        return json.loads((self.home.folder / "door.json").read_text())

    def told(self, service: str, name: str) -> str:
        """A setting of a service."""
        found = json.loads((self.home.settings / f"{service}.json").read_text())
        return str(found[f"{service.upper()}_{name}"])

    def targets(self) -> list[dict[str, Any]]:
        """Who is scraped, with the labels of prometheus.yml."""
        found = [("gateway", "gateway", self._place["metrics"])]
        found.append((STOREFRONT, "pages", f"127.0.0.1:{self.told(STOREFRONT, 'INTERNAL_PORT')}"))
        for service in SERVICES:
            for process, port in (("api", "INTERNAL_PORT"), ("worker", "WORKER_PORT")):
                found.append((service, process, f"127.0.0.1:{self.told(service, port)}"))
        return [{"targets": [at], "labels": {"service": who, "process": what}} for who, what, at in found]

    @property
    def _place(self) -> dict[str, Any]:
        return yaml.safe_load((self.home.folder / "gateway/place.yaml").read_text())


@dataclass(frozen=True)
class Watch:
    """Both of them, at work."""

    prometheus: str
    alertmanager: str
    pager: str
    """Where the mails to whoever is called can be read: a catcher of its own, as the shop owes nobody these mails."""

    def ask(self, query: str) -> list[dict[str, Any]]:
        """What Prometheus answers now."""
        answer = httpx2.get(f"{self.prometheus}/api/v1/query", params={"query": query}, timeout=10)
        return answer.raise_for_status().json()["data"]["result"]

    def range(self, query: str, *, seconds: float, step: float) -> list[dict[str, Any]]:
        """The same, for so long until now."""
        now = time.time()
        asked = {"query": query, "start": now - seconds, "end": now, "step": step}
        answer = httpx2.get(f"{self.prometheus}/api/v1/query_range", params=asked, timeout=10)
        return answer.raise_for_status().json()["data"]["result"]

    def state(self, alert: str) -> str:
        """`inactive`, `pending` or `firing`, by Prometheus."""
        found = httpx2.get(f"{self.prometheus}/api/v1/alerts", timeout=10).raise_for_status().json()["data"]["alerts"]
        states = {each["state"] for each in found if each["labels"]["alertname"] == alert}
        return max(states, key=("inactive", "pending", "firing").index, default="inactive")

    def told(self, alert: str) -> list[dict[str, Any]]:
        """What is active of it at Alertmanager, with whom it was routed to."""
        asked = {"filter": f'alertname="{alert}"'}
        answer = httpx2.get(f"{self.alertmanager}/api/v2/alerts", params=asked, timeout=10)
        return answer.raise_for_status().json()


@contextmanager
def watching(run: Run, folder: Path) -> Generator[Watch]:
    """Open until the context ends; returns when every process of the run has been scraped."""
    asked = subprocess.run([MONITORING / "tools"], check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    tools = asked.stdout.strip()
    at, told_at, read_at, called_at = (f"127.0.0.1:{port}" for port in free_ports(4))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(prometheus_for(run, told_at)))
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(alertmanager_for(called_at)))
    watch = Watch(f"http://{at}", f"http://{told_at}", f"http://{read_at}")
    with ExitStack() as stack:
        for command in (
            [sys.executable, "-m", "simulators", "mail", "--smtp-port", called_at.rpartition(":")[2], "--http-port",
             read_at.rpartition(":")[2]],
            [f"{tools}/alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/alerts",
             f"--web.listen-address={told_at}", "--cluster.listen-address="],
            [f"{tools}/prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={at}"],
        ):  # fmt: skip
            stack.enter_context(_running(command, folder / f"{Path(command[0]).name}.log"))
        wanted = len(run.targets())
        until(lambda: _scraped(watch) == wanted, "every process to be scraped", 60)
        until(lambda: _ready(watch.alertmanager), "Alertmanager to be ready", 30)
        yield watch


def _scraped(watch: Watch) -> int:
    try:
        return len(watch.ask('up{job="shop"} == 1'))
    except httpx2.HTTPError:
        return 0


def _ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/-/ready", timeout=5).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


@contextmanager
def _running(command: list[str], log: Path) -> Generator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=die_with_us,  # noqa: PLW1509 - as where the run itself starts its processes
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def prometheus_for(run: Run, alertmanager: str) -> dict[str, Any]:
    """prometheus.yml with this run's targets."""
    found = yaml.safe_load((MONITORING / "prometheus/prometheus.yml").read_text())
    found["global"] = {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL}
    found["rule_files"] = [f"{MONITORING}/prometheus/rules/*.yml"]
    found["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
    found["scrape_configs"] = [{"job_name": "shop", "static_configs": run.targets()}]
    return found


def alertmanager_for(mail_server: str) -> dict[str, Any]:
    """alertmanager.yml with another mail server."""
    found = yaml.safe_load((MONITORING / "alertmanager/alertmanager.yml").read_text())
    found["global"]["smtp_smarthost"] = mail_server
    return found
