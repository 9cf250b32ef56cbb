"""PostgreSQL by SQLAlchemy and asyncpg: short deadlines, named faults, one transaction at a time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from asyncpg.exceptions import (
    DeadlockDetectedError,
    InsufficientResourcesError,
    InterfaceError,
    InternalClientError,
    InvalidCachedStatementError,
    LockNotAvailableError,
    OperatorInterventionError,
    PostgresConnectionError,
    PostgresSystemError,
    ReadOnlySQLTransactionError,
    SerializationError,
)
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import AsyncAdaptedQueuePool

from chassis import tracing
from chassis.async_engine import AsyncEngine, create_async_engine
from chassis.faults import StoreUnavailable, WriteConflict
from chassis.pools import Load, Pool
from chassis.statements import Connection

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

LOST = (InterfaceError, InternalClientError, PostgresConnectionError, ConnectionError, TimeoutError, OSError)
"""What the driver says of a connection, and not the server of a statement."""


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

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """Begin, yield, commit; roll back on any exception. Commit happens before the context ends."""
        # The span of a transaction ends with its commit, which is what takes time.
        with translated(self._waits), tracing.step("transaction", db_system="postgresql"):
            async with self._lent() as connection:
                await connection.driver.execute("BEGIN")
                try:
                    yield connection
                except BaseException as fault:
                    if not _in_doubt(fault):
                        await connection.driver.execute("ROLLBACK")
                    raise
                if await connection.driver.execute("COMMIT") != "COMMIT":
                    # The server says so in passing, and no driver asks: whoever goes on would take it for done.
                    raise RuntimeError("rolled back at its end: a statement had failed, and somebody went on")

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Connection]:
        """A connection for reads that need no common snapshot: each statement stands alone."""
        with translated(self._waits):
            async with self._lent() as connection:
                yield connection

    @asynccontextmanager
    async def _lent(self) -> AsyncGenerator[Connection]:
        """Out of the pool, and back into it; but not when nobody knows what the server will say next."""
        try:
            lent = await self.engine.raw_connection()
        except self.engine.dialect.loaded_dbapi.Error as wrapped:
            raise wrapped.__cause__ or wrapped from None
        driver = lent.driver_connection
        assert isinstance(driver, asyncpg.Connection)
        try:
            yield Connection(driver, lent.info.setdefault("prepared", {}))
        except BaseException as fault:
            if _in_doubt(fault) or driver.is_closed():
                driver.terminate()
                lent.invalidate()
            raise
        finally:
            lent.close()

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


def _in_doubt(fault: BaseException) -> bool:
    """Is it unknown what the connection is in the middle of? A server that did not answer a statement in time will not
    answer the ROLLBACK either."""
    return not isinstance(fault, Exception) or isinstance(fault, LOST)


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
    # Values that a statement cannot take are nobody's outage, although it is the driver that refuses them.
    if isinstance(error, ValueError):
        return None
    if isinstance(error, MAY_BE_REPEATED):
        return WriteConflict(type(error).__name__)
    if isinstance(error, (PoolTimeout, *LOST, *STORE_FAULTS)):
        return StoreUnavailable("PostgreSQL", type(error).__name__)
    return None
