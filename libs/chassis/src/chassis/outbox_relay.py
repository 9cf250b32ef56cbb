"""The relay's side of the outbox table, on a connection of its own."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg

from chassis.faults import StoreUnavailable
from chassis.messages import Envelope, Outgoing
from chassis.outbox import BATCH, Backlog
from chassis.world import World

LEADER = 0x6F7574626F78
"""Key of the advisory lock that the leading relay holds for as long as its session lives."""
CHANNEL = "outbox"
COMMAND_SECONDS = 2.5
CONNECT_SECONDS = 1.0
LEAD_POLL_SECONDS = 1.0
IDLE_SESSION = "15s"
"""A relay that was stopped loses its session, and with it the lock."""
KEEP = timedelta(hours=24)
KEEP_INBOX = timedelta(days=30)

# Lane `saga` first: its name sorts after `news`.
DUE = """
    SELECT exchange, routing_key, lane, envelope FROM outbox
    WHERE published_at IS NULL AND next_attempt_at <= now()
    ORDER BY lane DESC, created_at LIMIT $1
"""
CONFIRM = "UPDATE outbox SET published_at = now() WHERE id = ANY($1::uuid[]) AND published_at IS NULL"
REFUSE = """
    UPDATE outbox SET attempts = attempts + 1,
        next_attempt_at = now() + least(300, 0.1 * 2 ^ least(attempts, 16)) * interval '1 second'
    WHERE id = ANY($1::uuid[])
"""
REPLAY = """
    UPDATE outbox SET published_at = NULL, next_attempt_at = now(), attempts = 0
    WHERE published_at > now() - interval '24 hours'
"""
BACKLOG = """
    SELECT count(*) AS pending, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS oldest
    FROM outbox WHERE published_at IS NULL
"""
TRIM = """
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE published_at < now() - $1::interval ORDER BY published_at LIMIT 1000)
"""
HAS_INBOX = "SELECT to_regclass('inbox') IS NOT NULL"
"""A service that hears no events, but at most commands, has none."""
TRIM_INBOX = """
    DELETE FROM inbox WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM inbox WHERE processed_at < now() - $1::interval LIMIT 1000))
"""
FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""The third is what a session says that was broken off in the middle of preparing a statement."""


class TableOutbox:
    """One service's outbox table. `url` is a `postgresql+asyncpg://` URL of the service's own role."""

    def __init__(self, url: str, *, world: World) -> None:
        self._url = url.replace("+asyncpg", "", 1)
        self._world = world

    @asynccontextmanager
    async def lead(self) -> AsyncGenerator["TableQueue"]:
        with _named():
            session = await self._connect(idle_session_timeout=IDLE_SESSION)
        try:
            with _named():
                while not await session.fetchval("SELECT pg_try_advisory_lock($1)", LEADER):
                    await self._world.clock.sleep(LEAD_POLL_SECONDS)
                queue = TableQueue(session)
                await session.add_listener(CHANNEL, queue.heard)
            yield queue
        finally:
            session.terminate()

    async def backlog(self) -> Backlog:
        async with self._once() as session:
            rows = await session.fetch(BACKLOG)
        return Backlog(rows[0]["pending"], float(rows[0]["oldest"]))

    async def trim(self) -> int:
        async with self._once() as session:
            gone = await session.execute(TRIM, KEEP)
            if await session.fetchval(HAS_INBOX):
                await session.execute(TRIM_INBOX, KEEP_INBOX)
        return int(gone.rpartition(" ")[2])

    @asynccontextmanager
    async def _once(self) -> AsyncGenerator[asyncpg.Connection]:
        with _named():
            session = await self._connect()
            try:
                yield session
            finally:
                session.terminate()

    async def _connect(self, **settings: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._url, timeout=CONNECT_SECONDS, command_timeout=COMMAND_SECONDS, server_settings=settings or None
        )


class TableQueue:
    """The outbox as its leader sees it. Any fault ends the leadership."""

    def __init__(self, session: asyncpg.Connection) -> None:
        self._session = session
        self._news = asyncio.Event()

    def heard(self, *_notification: object) -> None:
        self._news.set()

    async def due(self, limit: int = BATCH) -> Sequence[Outgoing]:
        # Cleared before the look: what is written after it will be heard.
        self._news.clear()
        with _named():
            rows = await self._session.fetch(DUE, limit)
        return [
            Outgoing(row["exchange"], row["routing_key"], row["lane"], Envelope.model_validate_json(row["envelope"]))
            for row in rows
        ]

    async def settle(self, *, confirmed: Collection[UUID], refused: Collection[UUID]) -> None:
        with _named():
            if confirmed:
                await self._session.execute(CONFIRM, list(confirmed))
            if refused:
                await self._session.execute(REFUSE, list(refused))

    async def wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    async def incarnation(self) -> UUID | None:
        with _named():
            return await self._session.fetchval("SELECT incarnation FROM broker_incarnation")

    async def remember(self, incarnation: UUID) -> None:
        with _named():
            await self._session.execute(
                "INSERT INTO broker_incarnation (incarnation) VALUES ($1)"
                " ON CONFLICT (only_one) DO UPDATE SET incarnation = excluded.incarnation",
                incarnation,
            )

    async def replay(self) -> int:
        with _named():
            again = await self._session.execute(REPLAY)
        return int(again.rpartition(" ")[2])


class _named:  # noqa: N801 - reads as an adjective
    """Turn driver errors into StoreUnavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, FAULTS):
            raise StoreUnavailable("PostgreSQL", type(error).__name__) from error
