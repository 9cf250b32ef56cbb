"""`python -m gateway render --for local --out .run/gateway`: Envoy's configuration from the route table."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateway.place import Place, read_place
from gateway.process import run
from gateway.rendering import write, write_routes
from gateway.table import ROUTES, read_table

VERBS = {
    "render": "the whole configuration",
    "routes": "only the routes, for a running Envoy",
    "run": "render, and run Envoy until SIGTERM",
}
PAGES = ("openapi.json", "docs.html")


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    place, table = _weighed(read_place(asked.place), asked.canary), read_table(asked.table)
    if asked.verb == "routes":
        write_routes(place, table, asked.out)
        return 0
    write(place, table, asked.out)
    for page in PAGES:
        shutil.copyfile(ROUTES.parent / page, asked.out / page)
    if asked.verb == "render":
        return 0
    Path(place.cache_folder).mkdir(parents=True, exist_ok=True)
    return run(place, asked.out)


def _weighed(place: Place, shares: Sequence[str]) -> Place:
    services = dict(place.services)
    for share in shares:
        name, _, weight = share.partition("=")
        services[name] = replace(services[name], canary_weight=int(weight))
    return replace(place, services=services)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway", description="Envoy's configuration from the route table.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, told in VERBS.items():
        each = verbs.add_parser(verb, help=told)
        each.add_argument("--for", dest="place", default="local", help="local, compose, or a file")
        each.add_argument("--out", type=Path, required=True, help="folder to write to")
        each.add_argument("--table", type=Path, default=ROUTES, help="another route table")
        each.add_argument("--canary", action="append", default=[], metavar="SERVICE=PERCENT", help="move weights")
    return parser


if __name__ == "__main__":
    sys.exit(main())
