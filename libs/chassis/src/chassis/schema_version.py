"""Is the schema at least what this code needs? Answered without alembic, which would be 10 MB in every process."""

import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import text

from chassis.database import Database
from chassis.faults import StoreUnavailable
from chassis.health import Check

REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
DOWN_REVISION = re.compile(r'^down_revision = (?:"(\w+)"|None)$', re.MULTILINE)
MIGRATED = text("SELECT to_regclass('alembic_version') IS NOT NULL")
VERSION = text("SELECT version_num FROM alembic_version")


def schema_check(database: Database, folder: Path) -> Check:
    """A check for Health: is the schema at the newest of these migrations, or ahead of them?"""
    chain = revisions(folder)
    newest = head(chain)

    async def check() -> list[str]:
        try:
            found = await _version(database)
        except StoreUnavailable as fault:
            return [str(fault)]
        behind = found != newest and (found is None or found in chain)
        return [f"the schema is at {found}, this code needs {newest}"] if behind else []

    return check


def revisions(folder: Path) -> Mapping[str, str | None]:
    """Each migration of `migrations/versions`, and the one before it."""
    return dict(_read(file) for file in sorted((folder / "versions").glob("*.py")))


def head(chain: Mapping[str, str | None]) -> str:
    """The one that none comes after. Raises ValueError when there is more than one."""
    (newest,) = chain.keys() - {before for before in chain.values() if before is not None}
    return newest


async def _version(database: Database) -> str | None:
    async with database.reading() as connection:
        if not (await connection.execute(MIGRATED)).scalar_one():
            return None
        return (await connection.execute(VERSION)).scalar_one_or_none()


def _read(file: Path) -> tuple[str, str | None]:
    written = file.read_text()
    revision, before = REVISION.search(written), DOWN_REVISION.search(written)
    if revision is None or before is None:
        raise ValueError(f"{file.name} does not say which revision it is, or which one comes before it")
    return revision[1], before[1]
