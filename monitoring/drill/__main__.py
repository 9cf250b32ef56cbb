"""`python -m monitoring.drill ALERT`: break what an alert is about on a dev run, see somebody called, heal by its page.

A real Prometheus and Alertmanager watch the run meanwhile. Ends with 0 when the alert was pending, fired, reached whom
it must, and was over after it was healed; the run is left as it was.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx2
from dev.home import USUAL, Home
from testkit.verify.journal import Journal

from monitoring.drill.drill import Drill
from monitoring.drill.messages import dead_letters, order_outbox_stuck
from monitoring.drill.processes import pool_exhausted, service_down
from monitoring.watch import Run, watching
from tests.journeys.shop import Shop

DRILLS: dict[str, Callable[[Drill], None]] = {
    "OrderOutboxStuck": order_outbox_stuck,
    "DeadLetters": dead_letters,
    "ServiceDown": service_down,
    "PoolExhausted": pool_exhausted,
}


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
