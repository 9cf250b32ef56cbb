"""`python -m monitoring.drill ALERT`: break what an alert is about on a dev run, see somebody called, heal by its page.

A real Prometheus and Alertmanager watch the run meanwhile. Ends with 0 when the alert was pending, fired, reached whom
it must, and was over after the runbook's own command; the run is left as it was.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from dev.home import USUAL, Home
from testkit.verify.journal import Journal

from monitoring.watch import CHECKOUT, Run, Watch, until, watching
from tests.journeys.shop import Shop

LOST_EXCHANGE = "product.commands"
"""What order asks product for leaves by it."""


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

    def see_mail(self, words: str, *, within: float) -> None:
        """Somebody was called, or told that it is over."""
        asked = {"to": "page@mercato.example"}

        def look() -> bool:
            found = httpx2.get(f"{self.watch.pager}/mails", params=asked, timeout=10)
            return words in found.raise_for_status().text

        until(look, f"a mail that says {words}", within)
        self.say(f"a mail to page@mercato.example says {words}")


def order_outbox_stuck(drill: Drill) -> None:
    """The exchange for commands to product is gone, as after an import of old definitions."""
    alert = "OrderOutboxStuck"
    customer, sku = drill.shop.customer(), drill.shop.staff().something_new(stock=2)
    assert drill.watch.state(alert) == "inactive"
    place = f"{drill.run.door['management_url']}/api/exchanges/{drill.run.door['vhost']}/{LOST_EXCHANGE}"
    try:
        httpx2.delete(place, timeout=20).raise_for_status()
        drill.say(f"the broker has lost the exchange {LOST_EXCHANGE}")
        order = customer.checkout(**{sku: 1})
        drill.say(f"order {order['number']} is accepted")

        drill.see(alert, "pending", within=120)
        drill.see(alert, "firing", within=120)
        [told] = until(lambda: drill.watch.told(alert), "Alertmanager to hear of it", 30)
        drill.say(f"Alertmanager has it for {', '.join(each['name'] for each in told['receivers'])}")
        drill.see_mail("[FIRING:1] OrderOutboxStuck", within=60)
    finally:
        heal(drill, alert)
    drill.see(alert, "inactive", within=420)
    until(lambda: not drill.watch.told(alert), "Alertmanager to hear that it is over", 60)
    drill.say("Alertmanager has nothing of it any more")
    drill.see_mail("[RESOLVED] OrderOutboxStuck", within=120)
    customer.order_in(order["id"], "CONFIRMED")
    drill.say(f"order {order['number']} is CONFIRMED")


def heal(drill: Drill, alert: str) -> None:
    """By the first command under "Heal" on the alert's own page."""
    page = (CHECKOUT / "docs/runbooks" / f"{alert}.md").read_text()
    block = re.search(r"## Heal\n.*?```sh\n(.*?)\n", page, re.DOTALL)
    assert block is not None
    command = block[1]
    program, *words = shlex.split(command)
    assert program == "shopctl"
    # A dev run has a virtual host of its own at the broker.
    told = {**os.environ, "RABBITMQ_MANAGEMENT_URL": drill.run.door["management_url"]}
    more = ["--vhost", drill.run.door["vhost"]]
    ran = subprocess.run([sys.executable, "-m", "shopctl", *words, *more], env=told, check=True, stdout=subprocess.PIPE)  # noqa: S603 - of our own page
    drill.say(f"{command}: {ran.stdout.decode().strip()}")


DRILLS: dict[str, Callable[[Drill], None]] = {"OrderOutboxStuck": order_outbox_stuck}


def main() -> int:
    parser = argparse.ArgumentParser(prog="drill", description=__doc__)
    parser.add_argument("alert", choices=DRILLS)
    parser.add_argument("--home", type=Path, default=USUAL, help="of the dev run")
    parser.add_argument("--url", help="its public address, where it is not what the run says")
    asked = parser.parse_args()
    run = Run(Home(asked.home.resolve()))
    if not run.home.run_file.processes():
        sys.stderr.write(f"There is no dev run in {run.home.folder}: `make dev` first.\n")
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="drill-") as folder,
        httpx2.Client(base_url=asked.url or run.url, timeout=20) as client,
        watching(run, Path(folder)) as watch,
    ):
        drill = Drill(run, watch, Shop(client, Journal()))
        drill.say("Prometheus and Alertmanager watch the run")
        DRILLS[asked.alert](drill)
    return 0


if __name__ == "__main__":
    sys.exit(main())
