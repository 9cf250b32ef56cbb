"""Operations on payment: make the store ready, give dead letters a new life."""

import argparse
import asyncio
import sys

from chassis.console import ended
from chassis.settings import load
from chassis.world import World

from payment_service.settings import PaymentSettings
from payment_service.wiring import MIGRATIONS


async def migrate(settings: PaymentSettings) -> int:
    """Bring the tables to the present version; safe to repeat."""
    from chassis.migrations import migrate as upgrade

    await upgrade(settings.database_owner_url or settings.database_url, MIGRATIONS)
    return 0


async def redrive(settings: PaymentSettings, limit: int) -> int:
    """Move dead letters back into the work queue, and say how many."""
    from chassis.rabbit_broker import RabbitBroker

    moved = await RabbitBroker(settings.broker_url, world=World()).redrive("payment", limit=limit)
    print(f"{moved} messages moved")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="payment", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("migrate", help=migrate.__doc__)
    verbs.add_parser("redrive", help=redrive.__doc__).add_argument("--limit", type=int, default=1000)
    asked = parser.parse_args(arguments)
    settings = load(PaymentSettings)
    if asked.verb == "migrate":
        return asyncio.run(migrate(settings))
    return asyncio.run(redrive(settings, asked.limit))


if __name__ == "__main__":
    sys.exit(ended(main))
