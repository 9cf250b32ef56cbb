"""PostgreSQL by SQLAlchemy and asyncpg: short deadlines, named faults, one transaction at a time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from asyncpg.exceptions import (
    DeadlockDetectedError,
    InsufficientResourcesError,
    InternalClientError,
    InvalidCachedStatementError,
    LockNotAvailableError,
    OperatorInterventionError,
    PostgresConnectionError,
    PostgresSystemError,
    ReadOnlySQLTransactionError,
    SerializationError,
)
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import AsyncAdaptedQueuePool

from chassis import database_spans, tracing
from chassis.async_engine import AsyncConnection, AsyncEngine, create_async_engine
from chassis.faults import StoreUnavailable, WriteConflict
from chassis.pools import Load, Pool

POOL_SIZE = 10
ACQUIRE_SECONDS = 0.25
CONNECT_SECONDS = 0.8
COMMAND_SECONDS = 2.5
REQUIRED_SETTINGS = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


MAY_BE_REPEATED = (SerializationError, DeadlockDetectedError, InvalidCachedStatementError)
"""Lost to somebody else, or prepared for a schema that a migration has changed since."""
STORE_FAULTS = (
    InsufficientResourcesError,
    LockNotAvailableError,
    OperatorInterventionError,
    PostgresConnectionError,
    PostgresSystemError,
    ReadOnlySQLTransactionError,
    ConnectionError,
    TimeoutError,
    OSError,
)
"""Full, busy, cancelled, shutting down, starting, broken: whatever was asked, the server could not."""


class Database:
    """One service's database. Raises StoreUnavailable and WriteConflict instead of driver errors."""

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE) -> None:
        self.url = url
        self._waits = Waits()
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=ACQUIRE_SECONDS,
            pool_pre_ping=False,
            pool_use_lifo=True,
            # An error's text goes into the log; what was in the rows does not.
            hide_parameters=True,
            connect_args={"timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS},
        )
        event.listen(self.engine.sync_engine, "handle_error", _abandon_what_hangs)
        if tracing.installed():
            database_spans.watch(self.engine.sync_engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Begin, yield, commit; roll back on any exception. Commit happens before the context ends."""
        # The span of a transaction ends with its commit, which is what takes time.
        with translated(self._waits), tracing.step("transaction", db_system="postgresql"):
            async with self.engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A connection for reads that need no common snapshot: each statement stands alone."""
        with translated(self._waits):
            async with self.engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def answers(self) -> bool:
        """Does the store take a trivial statement right now?"""
        try:
            async with self.reading() as connection:
                await connection.execute(text("SELECT 1"))
        except StoreUnavailable:
            return False
        return True

    async def faults(self) -> list[str]:
        """What is wrong with the server's settings: durability switched off, or no answer at all."""
        try:
            async with self.reading() as connection:
                rows = await connection.execute(
                    text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"),
                    {"names": list(REQUIRED_SETTINGS)},
                )
                found = {row.name: row.setting for row in rows}
        except StoreUnavailable as fault:
            return [str(fault)]
        return [
            f"PostgreSQL has {name}={found.get(name)}, needs {value}"
            for name, value in REQUIRED_SETTINGS.items()
            if found.get(name) != value
        ]

    @property
    def pool(self) -> Pool:
        """How full the pool is, for whoever counts."""
        pool = self.engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        return Pool("postgresql", lambda: Load(pool.size(), pool.checkedout(), self._waits.in_vain))

    async def close(self) -> None:
        await self.engine.dispose()


def _abandon_what_hangs(context: Any) -> None:
    """A server that did not answer a statement in time will not answer the ROLLBACK or the farewell either."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True
        if context.connection is not None and not context.connection.closed:
            context.connection.connection.driver_connection.terminate()


@dataclass(slots=True)
class Waits:
    """How often somebody waited for a connection in vain."""

    in_vain: int = 0


class translated:  # noqa: N801 - reads as an adjective: `with translated():`
    """Turn driver errors that are nobody's bug into StoreUnavailable or WriteConflict."""

    def __init__(self, waits: Waits | None = None) -> None:
        self._waits = waits

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            return
        if self._waits is not None and isinstance(error, PoolTimeout):
            self._waits.in_vain += 1
        fault = _fault(error)
        if fault is not None:
            raise fault from error


def _fault(error: BaseException) -> Exception | None:
    # The last is what a session says that was broken off in the middle of preparing a statement.
    if isinstance(error, PoolTimeout | ConnectionError | TimeoutError | OSError | InternalClientError):
        return StoreUnavailable("PostgreSQL", type(error).__name__)
    if not isinstance(error, DBAPIError):
        return None
    cause = _driver_error(error)
    if isinstance(cause, MAY_BE_REPEATED):
        return WriteConflict(type(cause).__name__)
    if error.connection_invalidated or isinstance(cause, STORE_FAULTS):
        return StoreUnavailable("PostgreSQL", type(cause).__name__)
    return None


def _driver_error(error: DBAPIError) -> BaseException | None:
    """asyncpg's own exception, below SQLAlchemy's two wrappers."""
    return error.orig.__cause__ if error.orig is not None else None
