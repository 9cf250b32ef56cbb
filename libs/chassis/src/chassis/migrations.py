"""Running a service's alembic migrations, without an alembic.ini or an env.py in every service.

A service has `migrations/versions/NNNN_*.py`. Migrations run by the database's owner, in a job of their own, never
at the start of a service. Tables that the owner makes are open to the service's role by default privileges; what must
be append-only, the migration takes away again.
"""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chassis.async_engine import create_async_engine
from chassis.faults import StoreUnavailable
from chassis.log_events import EVENTS
from chassis.logging import get_logger

ONE_AT_A_TIME = 0x6D65726361746F
"""Key of the advisory lock: one migration runs in a database at a time."""
LOCK_TIMEOUT = "2s"
NOT_YET = ("08", "28", "3D000", "42501", "57P03")
"""How the codes begin when the server is on its way, or knows no such login or database, or has not made it over to the
owner. Soon it may."""

log = get_logger("chassis.migrations", EVENTS)


async def migrate(url: str, folder: Path) -> None:
    """Bring the database to the newest revision in `folder`. Leaves one that is ahead of us alone.

    Raises StoreUnavailable for a server that is not furnished yet, OSError when nobody answers.
    """
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, folder)
    except DBAPIError as refused:
        if not str(getattr(refused.orig, "sqlstate", "")).startswith(NOT_YET):
            raise
        raise StoreUnavailable("PostgreSQL", str(refused.orig)) from refused
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: Path) -> None:
    scripts = _scripts(folder)
    connection.execute(text(f"SELECT pg_advisory_lock({ONE_AT_A_TIME})"))
    try:
        found = _current(connection)
        if found is not None and not _knows(folder, found):
            log.warning("migration.database_is_ahead", found=found, ours=scripts.get_current_head())
            return
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        _run(connection, scripts)
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({ONE_AT_A_TIME})"))
        connection.commit()


def _run(connection: Connection, scripts: ScriptDirectory) -> None:
    def steps(revision: Any, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs("head", revision)

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transaction_per_migration=True)
        with environment.begin_transaction():
            environment.run_migrations()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(folder)


def _knows(folder: Path, revision: str) -> bool:
    return revision in {script.revision for script in _scripts(folder).walk_revisions()}
