"""What all drills are made of: seeing an alert come, reach somebody and go, and the first command of its page."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import httpx2

from monitoring.watch import CHECKOUT, Run, Watch, until
from tests.journeys.shop import Shop

Severity = Literal["page", "ticket"]
READ = {"page": "page@mercato.example", "ticket": "tickets@mercato.example"}
MAIL_SECONDS = {"page": 60, "ticket": 420}
"""Whoever opens tickets waits for more of the same: five minutes, by alertmanager.yml."""


@dataclass
class Drill:
    run: Run
    watch: Watch
    shop: Shop
    began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {text}\n")
        sys.stdout.flush()

    def see(self, alert: str, state: str, *, within: float) -> None:
        until(lambda: self.watch.state(alert) == state, f"{alert} to be {state}", within)
        self.say(f"{alert} is {state} at Prometheus")

    def see_it_fire(
        self, alert: str, *, severity: Severity = "page", pending: float = 120, firing: float = 180
    ) -> None:
        """Pending, firing, at Alertmanager, and in the mail of whoever must know."""
        self.see(alert, "pending", within=pending)
        self.see(alert, "firing", within=firing)
        [told] = until(lambda: self.watch.told(alert), "Alertmanager to hear of it", 30)
        self.say(f"Alertmanager has it for {', '.join(each['name'] for each in told['receivers'])}")
        self.see_mail("FIRING", alert, severity=severity, within=MAIL_SECONDS[severity])

    def see_it_end(self, alert: str, *, within: float) -> None:
        self.see(alert, "inactive", within=within)
        until(lambda: not self.watch.told(alert), "Alertmanager to hear that it is over", 60)
        self.say("Alertmanager has nothing of it any more")

    def see_mail(self, state: str, alert: str, *, severity: Severity = "page", within: float) -> None:
        """Somebody was told of it, or told that it is over."""
        asked = {"to": READ[severity]}

        def look() -> str | None:
            found = httpx2.get(f"{self.watch.pager}/mails", params=asked, timeout=10).raise_for_status().json()
            subjects = (each["subject"] for each in found)
            return next((each for each in subjects if f"[{state}" in each and alert in each), None)

        subject = until(look, f"a mail that says {state} {alert}", within)
        self.say(f"a mail to {READ[severity]} says {subject}")

    @contextmanager
    def away(self, name: str) -> Generator[None]:
        """A process of this name and its replicas are gone for as long: whatever keeps them alive is told not to."""
        there = [each.name for each in self.run.home.run_file.processes() if each.name.startswith(name)]
        assert there, f"there is no {name} in this run"
        flags = [self.run.home.down / each for each in there]
        for each in flags:
            each.touch()
        try:
            yield
        finally:
            for each in flags:
                each.unlink(missing_ok=True)

    def heal(self, alert: str, *more: str) -> None:
        """By the first command under "Heal" on the alert's own page; `more` says where this run has its things."""
        command = on_page(alert, r"## Heal\n.*?```sh\n(.*?)\n")
        program, *words = shlex.split(command)
        assert program == "shopctl"
        told = {**os.environ, "RABBITMQ_MANAGEMENT_URL": self.run.door["management_url"]}
        command_line = [sys.executable, "-m", "shopctl", *words, *more]
        ran = subprocess.run(command_line, env=told, check=True, stdout=subprocess.PIPE)  # noqa: S603 - of our own page
        self.say(f"{command}: {ran.stdout.decode().strip()}")


def on_page(alert: str, pattern: str) -> str:
    """The one group of what is found in the alert's runbook."""
    page = (CHECKOUT / "docs/runbooks" / f"{alert}.md").read_text()
    found = re.search(pattern, page, re.DOTALL)
    assert found is not None, f"{alert}.md has no {pattern}"
    return found[1]
