"""Operations on notification: make the store ready, give dead letters a new life."""

import argparse
import asyncio
import sys

from chassis.console import ended, patiently, takes_patience
from chassis.settings import load
from chassis.world import World

from notification_service.settings import NotificationSettings


async def migrate(settings: NotificationSettings) -> None:
    """Create collections, shapes and indexes; safe to repeat."""
    from chassis.documents import Documents

    from notification_service.adapters.document_shapes import make_collections

    documents = Documents(settings.mongo_url, settings.mongo_database)
    try:
        await make_collections(documents)
    finally:
        await documents.close()


async def redrive(settings: NotificationSettings, limit: int) -> int:
    """Move dead letters back into the work queue, and say how many."""
    from chassis.rabbit_broker import RabbitBroker

    moved = await RabbitBroker(settings.broker_url, world=World()).redrive("notification", limit=limit)
    print(f"{moved} messages moved")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="notification", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    takes_patience(verbs.add_parser("migrate", help=migrate.__doc__))
    verbs.add_parser("redrive", help=redrive.__doc__).add_argument("--limit", type=int, default=1000)
    asked = parser.parse_args(arguments)
    settings = load(NotificationSettings)
    if asked.verb == "migrate":
        return patiently(lambda: migrate(settings), seconds=asked.patience, world=World())
    return asyncio.run(redrive(settings, asked.limit))


if __name__ == "__main__":
    sys.exit(ended(main))
