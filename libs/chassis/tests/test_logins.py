"""A service's database is open to its service, whenever a migration came and wherever whoever furnishes it died."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from chassis import logins
from chassis.database import Database
from chassis.faults import StoreUnavailable
from chassis.migrations import migrate
from chassis.schema_version import schema_check
from testkit.stores.databases import create_database, drop_databases

from .test_schema_version import write_migration


class Died(Exception):
    pass


@pytest.fixture
def dies_inside(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Whoever furnishes dies once, when they are about to enter this database."""

    def arrange(name: str) -> None:
        connect = asyncpg.connect

        async def once(url: str, **more: Any) -> Any:
            if urlsplit(url).path == f"/{name}":
                monkeypatch.undo()
                raise Died
            return await connect(url, **more)

        monkeypatch.setattr(logins.asyncpg, "connect", once)

    return arrange


async def test_a_migration_that_is_early_makes_no_tables_that_the_service_may_not_read(
    postgres_server: Any, tmp_path: Path, dies_inside: Callable[[str], None]
) -> None:
    write_migration(tmp_path, "0001", "None")
    name = f"small_{uuid4().hex[:12]}"
    ready = logins.logins(postgres_server.url, "small", name, app_password="small_app", owner_password="small_owner")
    dies_inside(name)
    with pytest.raises(Died):
        await create_database(postgres_server.url, "small", name)

    with pytest.raises(StoreUnavailable, match="permission denied"):
        await migrate(ready.owner_url, tmp_path)
    await create_database(postgres_server.url, "small", name)
    await migrate(ready.owner_url, tmp_path)

    database = Database(ready.url)
    assert await schema_check(database, tmp_path)() == []
    await database.close()
    await drop_databases(postgres_server.url, [name])


async def test_a_database_belongs_to_its_owner_in_the_end(postgres_server: Any) -> None:
    name = f"small_{uuid4().hex[:12]}"
    made = await create_database(postgres_server.url, "small", name)

    owner = await asyncpg.connect(urlunsplit(urlsplit(made.owner_url)._replace(scheme="postgresql")))
    await owner.execute("CREATE EXTENSION pg_trgm")
    [belongs] = await owner.fetch("SELECT pg_get_userbyid(datdba) AS to FROM pg_database WHERE datname = $1", name)
    await owner.close()

    assert belongs["to"] == "small_owner"
    await drop_databases(postgres_server.url, [name])


async def test_no_statement_is_compiled_however_much_the_planner_expects_of_it(postgres_server: Any) -> None:
    name = f"small_{uuid4().hex[:12]}"
    made = await create_database(postgres_server.url, "small", name)
    much = "EXPLAIN SELECT count(*) FROM generate_series(1, 10000000) AS one, generate_series(1, 10000000) AS other"

    service = await asyncpg.connect(urlunsplit(urlsplit(made.url)._replace(scheme="postgresql")))
    plan = [row["QUERY PLAN"] for row in await service.fetch(much)]
    await service.close()

    assert "JIT:" not in plan, plan
    await drop_databases(postgres_server.url, [name])
