"""MongoDB by PyMongo's async client: majority writes, short deadlines, named faults."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis import tracing
from chassis.document_pool import Connections
from chassis.document_spans import CommandSpans
from chassis.faults import StoreUnavailable
from chassis.pools import Load, Pool

SERVER_SELECTION_MS = 300
"""While it looks for a server, the driver looks at its watch only each half second: this may become 0.8 s."""
CONNECT_MS = 1000
OPERATION_MS = 2000
CLOSE_SECONDS = 2.0
POOL_SIZE = 20
CODECS: CodecOptions[dict[str, Any]] = CodecOptions(
    document_class=dict,
    tz_aware=True,
    uuid_representation=UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME,
)

Document = dict[str, Any]

STANDALONE = "MongoDB is standalone, needs a replica set"
STORE_CODES = frozenset({14031, 262, 50, 91, 11600, 11602, 189, 10107, 13435, 13436, 39, 18})
"""Faults of the server, not of the question: no disk, too slow, going down, stepping down, no such login."""


class Documents:
    """One service's database. Wrap calls in `with translated():` to get StoreUnavailable."""

    def __init__(self, url: str, database: str) -> None:
        self._url = url
        self._connections = Connections()
        self.client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            serverSelectionTimeoutMS=SERVER_SELECTION_MS,
            connectTimeoutMS=CONNECT_MS,
            timeoutMS=OPERATION_MS,
            retryWrites=True,
            maxPoolSize=POOL_SIZE,
            event_listeners=[self._connections, *([CommandSpans()] if tracing.installed() else [])],
        )
        # With `timeoutMS` the driver also waits that long for a server, whatever `serverSelectionTimeoutMS` says: a
        # store that is down would be told after two seconds instead of at once.
        vars(self.client._topology)["get_server_selection_timeout"] = lambda: SERVER_SELECTION_MS / 1000
        self.database: AsyncDatabase[Document] = self.client.get_database(
            database,
            codec_options=CODECS,
            write_concern=WriteConcern(w="majority", j=True),
            read_concern=ReadConcern("majority"),
        )

    @property
    def pool(self) -> Pool:
        """How full the pool is, for whoever counts."""
        seen = self._connections
        return Pool("mongodb", lambda: Load(POOL_SIZE, seen.in_use, seen.timeouts))

    async def answers(self) -> bool:
        """Does the store take a trivial command right now?"""
        try:
            await self.database.command("ping")
        except PyMongoError:
            return False
        return True

    async def faults(self) -> list[str]:
        """What is wrong with the server: it must be a replica set, with a journal."""
        try:
            hello: Mapping[str, Any] = await self.client.admin.command("hello")
        except PyMongoError as fault:
            return [STANDALONE if await self._stands_alone() else f"MongoDB is unavailable: {type(fault).__name__}"]
        return [] if hello.get("setName") else [STANDALONE]

    async def _stands_alone(self) -> bool:
        """Told to look for a replica set, the driver passes over a server that is in none, and finds nobody."""
        try:
            async with AsyncMongoClient[Document](
                self._url, directConnection=True, replicaSet=None, serverSelectionTimeoutMS=SERVER_SELECTION_MS
            ) as client:
                hello: Mapping[str, Any] = await client.admin.command("hello")
        except PyMongoError:
            return False
        return "setName" not in hello

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.client.close()
        except TimeoutError:
            # The driver ends its sessions without a deadline. A store that is gone without a word cannot be told;
            # asked again, the driver has no sessions any more, and lets go.
            await self.client.close()


class translated:  # noqa: N801 - reads as an adjective: `with translated():`
    """Turn driver errors that are nobody's bug into StoreUnavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        unavailable = (
            ServerSelectionTimeoutError,
            AutoReconnect,
            ConnectionFailure,
            NetworkTimeout,
            ExecutionTimeout,
            WTimeoutError,
        )
        if isinstance(error, unavailable):
            raise StoreUnavailable("MongoDB", type(error).__name__) from error
        if isinstance(error, OperationFailure) and _of_the_server(error):
            raise StoreUnavailable("MongoDB", f"code {error.code}") from error


def _of_the_server(error: OperationFailure) -> bool:
    """Several writes sent as one fail under one code; what went wrong with each of them is inside."""
    codes = {error.code}
    if isinstance(error, BulkWriteError):
        kinds = ("writeErrors", "writeConcernErrors")
        codes = {each.get("code") for kind in kinds for each in (error.details or {}).get(kind, ())}
    return error.timeout or bool(codes & STORE_CODES)
