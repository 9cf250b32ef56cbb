"""Operations on product: make the store ready, fill the shop, give dead letters a new life."""

import argparse
import asyncio
import sys

from chassis.console import ended, patiently, takes_patience
from chassis.settings import load
from chassis.world import World

from product_service.settings import ProductSettings
from product_service.wiring import MIGRATIONS, open_service


async def migrate(settings: ProductSettings) -> None:
    """Bring the tables to the present version; safe to repeat."""
    from chassis.migrations import migrate as upgrade

    await upgrade(settings.database_owner_url or settings.database_url, MIGRATIONS)


async def seed(settings: ProductSettings) -> int:
    """Put the sample catalogue into the shop; what is there already stays as it is."""
    async with open_service(settings, World()) as service:
        added = await service.fill_shop()
    print(f"{added} products added")
    return 0


async def redrive(settings: ProductSettings, limit: int) -> int:
    """Move dead letters back into the work queue, and say how many."""
    from chassis.rabbit_broker import RabbitBroker

    moved = await RabbitBroker(settings.broker_url, world=World()).redrive("product", limit=limit)
    print(f"{moved} messages moved")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="product", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    takes_patience(verbs.add_parser("migrate", help=migrate.__doc__))
    verbs.add_parser("seed", help=seed.__doc__)
    verbs.add_parser("redrive", help=redrive.__doc__).add_argument("--limit", type=int, default=1000)
    asked = parser.parse_args(arguments)
    settings = load(ProductSettings)
    match asked.verb:
        case "migrate":
            return patiently(lambda: migrate(settings), seconds=asked.patience, world=World())
        case "seed":
            return asyncio.run(seed(settings))
        case _:
            return asyncio.run(redrive(settings, asked.limit))


if __name__ == "__main__":
    sys.exit(ended(main))
