"""Empty stores become the shop's: databases, logins, a replica set, the broker's topology and users.

`shopctl furnish FOLDER` works with what `shopctl secrets FOLDER` has drawn. Safe to repeat, also against a store
that has lost everything: what is there stays, logins get their passwords again.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
from chassis.console import Ended
from chassis.logins import create_database
from chassis.topology import apply
from contracts.rabbitmq import definitions
from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from shopctl.first_secrets import OPERATOR, WITH_DOCUMENTS, WITH_TABLES, Drawn, Places

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.5
ANSWER_MS = 3_000
ALREADY_INITIALIZED, USER_EXISTS = 23, 51003


def furnish(folder: Path) -> int:
    """Wait for the stores, and put into them what must be there before the services' own migrations."""
    if not (folder / OPERATOR / "secrets.json").exists():
        sys.stderr.write(f"{folder} holds no secrets: run `shopctl secrets` first\n")
        return Ended.MISUSED
    drawn, places = Drawn.kept_in(folder / OPERATOR), Places.told_in(folder / OPERATOR)
    try:
        asyncio.run(_furnish(drawn, places))
    except (asyncpg.PostgresError, PyMongoError, httpx2.HTTPStatusError) as refused:
        sys.stderr.write(f"refused: {type(refused).__name__}: {refused}\n")
        return Ended.REFUSED
    except TimeoutError as away:
        sys.stderr.write(f"not within {PATIENCE_SECONDS:.0f} s: {away}\n")
        return Ended.NOT_NOW
    return Ended.DONE


async def _furnish(drawn: Drawn, places: Places) -> None:
    await asyncio.gather(*(work(drawn, places) for work in (_tables, _documents, _broker)))


async def _tables(drawn: Drawn, places: Places) -> None:
    admin = f"postgresql://postgres:{drawn.postgres}@{places.postgres}/postgres"

    async def answers() -> bool:
        try:
            await (await asyncpg.connect(admin, timeout=ANSWER_MS / 1000)).close()
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False
        return True

    await _until(answers, "PostgreSQL")
    for service in WITH_TABLES:
        passwords = {"app_password": drawn.tables[service], "owner_password": drawn.owners[service]}
        await create_database(admin, service, service, **passwords)
    _say(f"PostgreSQL: databases of {', '.join(WITH_TABLES)}")


async def _documents(drawn: Drawn, places: Places) -> None:
    """A replica set of one: what makes majority writes mean something."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        f"mongodb://{OPERATOR}:{drawn.mongo}@{places.mongo}/?authSource=admin&directConnection=true",
        serverSelectionTimeoutMS=ANSWER_MS,
    )

    async def is_primary() -> bool:
        try:
            if (await client.admin.command("hello")).get("isWritablePrimary"):
                return True
            members = [{"_id": 0, "host": places.mongo}]
            await client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        except ConnectionFailure:
            return False
        except OperationFailure as refused:
            if refused.code != ALREADY_INITIALIZED:
                raise
        return False

    async with client:
        await _until(is_primary, "MongoDB")
        for service in WITH_DOCUMENTS:
            rights = [{"role": role, "db": service} for role in ("readWrite", "dbAdmin")]
            told = {"pwd": drawn.documents[service], "roles": rights}
            try:
                await client[service].command("createUser", service, **told)
            except OperationFailure as refused:
                if refused.code != USER_EXISTS:
                    raise
                await client[service].command("updateUser", service, **told)
    _say(f"MongoDB: replica set rs0, logins of {', '.join(WITH_DOCUMENTS)}")


async def _broker(drawn: Drawn, places: Places) -> None:
    management = f"http://{OPERATOR}:{drawn.rabbitmq}@{places.management}"
    wanted = definitions(passwords=drawn.messages)

    async def answers() -> bool:
        try:
            async with httpx2.AsyncClient(base_url=management, timeout=ANSWER_MS / 1000) as client:
                (await client.get("/api/overview")).raise_for_status()
        except httpx2.TransportError:
            return False
        return True

    await _until(answers, "RabbitMQ")
    await apply(management, wanted)
    _say(f"RabbitMQ: {len(wanted['queues'])} queues, logins of {', '.join(drawn.messages)}")


async def _until(found: Callable[[], Awaitable[bool]], who: str) -> None:
    """Raises TimeoutError with the name of who did not answer."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await found():  # noqa: ASYNC110 - another process knows it
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError:
        raise TimeoutError(who) from None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
