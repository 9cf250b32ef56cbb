"""`python -m dev up`: the whole street as processes on real stores. `python -m dev down`: end a run."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx2
from simulators.visitor.people import VisitFailed
from testkit.stores.server import StoreFailed

from dev.console import Console
from dev.home import USUAL, Home
from dev.opening import Run, Wish
from dev.ports import is_free
from dev.processes import ProcessFailed
from dev.settings import SERVICES

FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    began = time.monotonic()
    asked = _parser().parse_args(arguments)
    home = Home(asked.home.resolve())
    home.folder.mkdir(parents=True, exist_ok=True)
    return down(home) if asked.verb == "down" else up(home, asked, began)


def up(home: Home, asked: argparse.Namespace, began: float) -> int:
    """Open the street and stay until SIGTERM or Ctrl-C."""
    other = home.run_file.supervisor()
    if other is not None:
        return _refuse(f"a run is open already (process {other.pid}). `make dev-down` ends it.")
    if not is_free(asked.port):
        return _refuse(f"port {asked.port} is taken. Try PORT=8081 make dev.")
    unknown = sorted({*asked.canary} - {*SERVICES})
    if unknown:
        return _refuse(f"there is no service {', '.join(unknown)}. Known are {', '.join(SERVICES)}.")
    home.run_file.end_all()  # what a run that was killed may have left
    wish = Wish(
        port=asked.port,
        replicas=asked.replicas,
        canaries=asked.canary,
        keep=asked.keep,
        watch=asked.watch,
        first_steps=asked.first_steps,
        fork=asked.fork,
    )
    console = Console(raw=asked.log == "json")
    try:
        asyncio.run(Run(wish, home, console, began).until_stopped())
    except (ProcessFailed, StoreFailed, VisitFailed, httpx2.HTTPError) as failed:
        return _refuse(str(failed))
    finally:
        home.run_file.file.unlink(missing_ok=True)
    return 0


def down(home: Home) -> int:
    """End everything that belongs to the run of this home."""
    ended = home.run_file.end_all()
    sys.stdout.write(f"dev: {ended} processes ended\n" if ended else "dev: nothing of it runs\n")
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"dev: {why}\n")
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev", description="The whole street as processes on real stores.")
    parser.add_argument("--home", type=Path, default=USUAL, help="where data, logs and the list of processes are kept")
    verbs = parser.add_subparsers(dest="verb", required=True)
    opened = verbs.add_parser("up", help=up.__doc__)
    variables = os.environ
    opened.add_argument("--port", type=int, default=int(variables.get("PORT") or 8080))
    opened.add_argument("--replicas", type=int, default=int(variables.get("REPLICAS") or 1), help="of each process")
    opened.add_argument(
        "--canary",
        action="extend",
        nargs="+",
        metavar="SERVICE",
        default=(variables.get("CANARY") or "").split(),
        help="services of which one API more is started, to move traffic to",
    )
    opened.add_argument("--log", choices=("short", "json"), default=variables.get("LOG") or "short")
    opened.add_argument(
        "--keep", action="store_true", default=variables.get("KEEP") == "1", help="find the data of the run before"
    )
    opened.add_argument("--no-watch", dest="watch", action="store_false", help="restart nothing when files change")
    opened.add_argument("--no-first-steps", dest="first_steps", action="store_false", help="make no customer")
    opened.add_argument(
        "--no-fork",
        dest="fork",
        action="store_false",
        default=variables.get("FORK") != "0",
        help="start each process by itself, instead of forking it from one that has loaded what all share",
    )
    verbs.add_parser("down", help=down.__doc__)
    return parser


if __name__ == "__main__":
    sys.exit(main())
