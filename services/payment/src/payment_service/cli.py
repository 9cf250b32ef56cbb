"""Operations on payment: make the store ready, redrive dead letters, compare the books with the provider's."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from datetime import timedelta

from chassis.console import Ended, ended, patiently, takes_patience
from chassis.settings import load
from chassis.world import World

from payment_service.settings import PaymentSettings
from payment_service.use_cases.reconcile import Reconciliation
from payment_service.wiring import MIGRATIONS, open_service

MOST_HOURS = 24 * 3660
"""Ten years: longer ago there was no shop."""


async def migrate(settings: PaymentSettings) -> None:
    """Bring the tables to the present version; safe to repeat."""
    from chassis.migrations import migrate as upgrade

    await upgrade(settings.database_owner_url or settings.database_url, MIGRATIONS)


async def redrive(settings: PaymentSettings, limit: int) -> int:
    """Move dead letters back into the work queue, and say how many."""
    from chassis.rabbit_broker import RabbitBroker

    moved = await RabbitBroker(settings.broker_url, world=World()).redrive("payment", limit=limit)
    print(f"{moved} messages moved")
    return 0


async def reconcile(settings: PaymentSettings, hours: float | None, *, as_json: bool, dry_run: bool) -> int:
    """Compare payments, refunds and ledger with what the provider lists; cancel what nobody ever confirmed.

    Ends with 0 when nothing differs, with 1 when somebody must look.
    """
    since = timedelta(hours=hours) if hours is not None else None
    async with open_service(settings, World()) as service:
        found = await service.reconcile(since=since, cancel=not dry_run)
    if as_json:
        print(json.dumps({"recon_diff": found.recon_diff, **asdict(found)}))
    else:
        print("\n".join(_told(found)))
    return Ended.REFUSED if found.recon_diff else Ended.DONE


def _told(found: Reconciliation) -> list[str]:
    return [
        *(f"orphan   {each.about}: {each.why}" for each in found.orphans),
        *(f"differs  {each.about}: {each.why}" for each in found.differences),
        f"{found.compared} compared, {found.under_way} under way, {len(found.orphans)} orphans of which"
        f" {found.cancelled} are cancelled now",
        f"recon_diff {found.recon_diff}",
    ]


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= MOST_HOURS:
        raise ValueError
    return hours


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="payment", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    takes_patience(verbs.add_parser("migrate", help=migrate.__doc__))
    verbs.add_parser("redrive", help=redrive.__doc__).add_argument("--limit", type=int, default=1000)
    reconciling = verbs.add_parser("reconcile", help=(reconcile.__doc__ or "").partition("\n")[0])
    reconciling.add_argument("--since", type=_hours, metavar="HOURS", help="what was begun so long ago; default: ever")
    reconciling.add_argument("--json", action="store_true", help="one object instead of sentences")
    reconciling.add_argument("--dry-run", action="store_true", help="cancel nothing")
    asked = parser.parse_args(arguments)
    settings = load(PaymentSettings)
    match asked.verb:
        case "migrate":
            return patiently(lambda: migrate(settings), seconds=asked.patience, world=World())
        case "reconcile":
            return asyncio.run(reconcile(settings, asked.since, as_json=asked.json, dry_run=asked.dry_run))
        case _:
            return asyncio.run(redrive(settings, asked.limit))


if __name__ == "__main__":
    sys.exit(ended(main))
