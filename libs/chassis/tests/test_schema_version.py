"""A process is not ready before its tables are, and says what is missing."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from alembic.script import ScriptDirectory
from chassis.database import Database
from chassis.faults import StoreUnavailable
from chassis.migrations import migrate
from chassis.schema_version import head, revisions, schema_check
from testkit.plugin import FreshDatabase, MakeDatabase

MIGRATION = '''"""A table."""

from alembic import op

revision = "{revision}"
down_revision = {before}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE table_{revision} (id int)")
'''


def write_migration(folder: Path, revision: str, before: str) -> None:
    versions = folder / "versions"
    versions.mkdir(exist_ok=True)
    (versions / f"{revision}_a_table.py").write_text(MIGRATION.format(revision=revision, before=before))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_migration(tmp_path, "0001", "None")
    write_migration(tmp_path, "0002", '"0001"')
    return tmp_path


@pytest_asyncio.fixture
async def fresh(fresh_database: MakeDatabase) -> FreshDatabase:
    return await fresh_database("small")


@pytest_asyncio.fixture
async def database(fresh: FreshDatabase) -> AsyncGenerator[Database]:
    database = Database(fresh.owner_url)
    yield database
    await database.close()


async def test_an_empty_database_is_behind(database: Database, folder: Path) -> None:
    assert await schema_check(database, folder)() == ["the schema is at None, this code needs 0002"]


async def test_a_migrated_one_is_what_the_code_needs(database: Database, fresh: FreshDatabase, folder: Path) -> None:
    await migrate(fresh.owner_url, folder)
    assert await schema_check(database, folder)() == []


async def test_one_that_lacks_a_step_is_behind(database: Database, fresh: FreshDatabase, folder: Path) -> None:
    await migrate(fresh.owner_url, folder)
    write_migration(folder, "0003", '"0002"')
    assert await schema_check(database, folder)() == ["the schema is at 0002, this code needs 0003"]


async def test_one_that_is_ahead_serves_older_code_too(database: Database, fresh: FreshDatabase, folder: Path) -> None:
    await migrate(fresh.owner_url, folder)
    (folder / "versions" / "0002_a_table.py").unlink()
    assert await schema_check(database, folder)() == []


@pytest.mark.parametrize("service", ["user", "product", "payment"])
def test_we_read_each_service_s_migrations_as_alembic_does(service: str) -> None:
    folder = Path(__file__).parents[3] / "services" / service / "migrations"
    assert head(revisions(folder)) == ScriptDirectory(folder).get_current_head()


def test_two_ends_are_refused(folder: Path) -> None:
    write_migration(folder, "0003", '"0001"')
    with pytest.raises(ValueError, match="unpack"):
        head(revisions(folder))


async def test_a_server_that_does_not_know_the_login_yet_is_one_to_wait_for(fresh: FreshDatabase, folder: Path) -> None:
    nobody = fresh.owner_url.replace("small_owner", "nobody_yet")
    nowhere = fresh.owner_url.rpartition("/")[0] + "/not_there_yet"

    for url in (nobody, nowhere):
        with pytest.raises(StoreUnavailable):
            await migrate(url, folder)
