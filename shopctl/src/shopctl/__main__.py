"""`shopctl VERB`: operations on the shop, without having to know which service they belong to.

Exit codes: 0 done; 1 refused; 2 wrong use, or a setting is missing; 3 there was nothing to do; 4 not now: a store is
away, or it is too early. Of several services, the worst counts.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from chassis.console import Ended

from shopctl import first_secrets, furnishing, topology, verbs
from shopctl.consoles import HERE, Consoles, worst
from shopctl.verbs import SERVICES, Step

SECRETS = Path("/secrets")
RUN = Path(".run/dev/env")
"""What a dev run of this checkout tells its processes."""


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.verb == "topology":
        if asked.act == "show":
            return topology.show(asked.vhost)
        return topology.make(asked.management_url, asked.vhost, rehearse=asked.dry_run, as_json=asked.json)
    if asked.verb == "secrets":
        return first_secrets.give(asked.folder)
    if asked.verb == "furnish":
        return furnishing.furnish(asked.folder)
    consoles = Consoles(asked.via, asked.env if asked.env.is_dir() else None)
    return run(consoles, _steps(asked), verb=asked.verb, rehearse=asked.dry_run, as_json=asked.json)


def run(consoles: Consoles, steps: Sequence[Step], *, verb: str, rehearse: bool, as_json: bool) -> int:
    """One console after the other; a dry run asks those that can rehearse, and says of the others what it would run."""
    doable = [step for step in steps if step.exact or not rehearse]
    answers = [consoles.run(step, rehearse=rehearse, as_json=as_json) for step in doable]
    ended = worst(answers) if answers else Ended.DONE
    unrun = [shlex.join(consoles.command(step)) for step in steps if step not in doable]
    if as_json:
        facts = {"verb": verb, "ended": Ended(ended).name.lower(), "dry_run": rehearse}
        told = {**facts, "steps": [each.as_fact() for each in answers], **({"would_run": unrun} if unrun else {})}
        sys.stdout.write(json.dumps(told) + "\n")
        return ended
    for command in unrun:
        sys.stdout.write(f"would run: {command}\n")
    for each in answers:
        sys.stdout.write("".join(f"{each.step.service}: {line}\n" for line in each.said.splitlines() or ["done"]))
        sys.stderr.write("".join(f"{each.step.service}: {line}\n" for line in each.complained.splitlines()))
    return ended


def _steps(asked: argparse.Namespace) -> list[Step]:
    match asked.verb:
        case "migrate":
            return verbs.migrate(asked.only or SERVICES)
        case "bootstrap":
            return verbs.bootstrap(asked.email, asked.name)
        case "seed":
            return verbs.seed()
        case "redrive":
            return verbs.redrive(asked.service or SERVICES, asked.limit)
        case "reconcile":
            return verbs.reconcile(asked.since)
        case "rotate-keys":
            return verbs.rotate_keys(asked.step)
        case _:
            return verbs.saga()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="shopctl", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON object, for programs")
    common.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    where = argparse.ArgumentParser(add_help=False)
    via = os.environ.get("SHOPCTL_VIA", HERE)
    where.add_argument("--via", default=via, help="such as 'docker compose exec -T {service} python' (SHOPCTL_VIA)")
    where.add_argument("--env", type=Path, default=RUN, help="folder with settings, <service>.json each")
    said = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, does: str | None) -> argparse.ArgumentParser:
        return said.add_parser(name, help=does, description=does, parents=[common, where])

    each = verb("migrate", verbs.migrate.__doc__)
    each.add_argument("--only", action="append", choices=SERVICES)
    each = verb("bootstrap", verbs.bootstrap.__doc__)
    each.add_argument("--email", required=True)
    each.add_argument("--name", required=True)
    verb("seed", verbs.seed.__doc__)
    each = verb("redrive", verbs.redrive.__doc__)
    each.add_argument("service", nargs="*", choices=[*SERVICES, []], help="all of them when none is named")
    each.add_argument("--limit", type=int, default=1000, help="of each service")
    each = verb("rotate-keys", verbs.rotate_keys.__doc__)
    each.add_argument("step", nargs="?", choices=("publish", "promote", "retire"))
    each = verb("reconcile", verbs.reconcile.__doc__)
    each.add_argument("--since", type=float, metavar="HOURS", help="what was begun so long ago; default: ever")
    verb("saga", verbs.saga.__doc__)
    _topology(said.add_parser("topology", help="the broker's queues, bindings and policies", parents=[common]))
    for name, does in (("secrets", first_secrets.give.__doc__), ("furnish", furnishing.furnish.__doc__)):
        each = said.add_parser(name, help=does, description=does)
        each.add_argument("folder", type=Path, nargs="?", default=SECRETS, help=f"with the secrets; {SECRETS}")
    return parser


def _topology(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=("show", "apply"))
    url = os.environ.get("RABBITMQ_MANAGEMENT_URL", "http://guest:guest@127.0.0.1:15672")
    parser.add_argument("--management-url", default=url, help="of an administrator (RABBITMQ_MANAGEMENT_URL)")
    parser.add_argument("--vhost", default="/")


if __name__ == "__main__":
    sys.exit(main())
