"""Databases of tests in PostgreSQL: made with passwords that are no secret, emptied, dropped."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from chassis import logins as of_services
from chassis.logins import app_role, owner_role


@dataclass(frozen=True, slots=True)
class FreshDatabase(of_services.Logins):
    """With the names of the two roles."""

    app_role: str
    owner_role: str


async def drop_databases(admin_url: str, names: Iterable[str]) -> None:
    """Whoever is still connected is thrown out."""
    admin = await asyncpg.connect(admin_url)
    for name in names:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.close()


def logins(admin_url: str, service: str, name: str) -> FreshDatabase:
    """How a service reaches its database of this name, once there is one. A role's password is its name."""
    app, owner = app_role(service), owner_role(service)
    found = of_services.logins(admin_url, service, name, app_password=app, owner_password=owner)
    return FreshDatabase(found.url, found.owner_url, app, owner)


async def create_database(admin_url: str, service: str, name: str, template: str = "template1") -> FreshDatabase:
    """A database with its service's two logins. One that is there already stays as it is."""
    app, owner = app_role(service), owner_role(service)
    await of_services.create_database(
        admin_url, service, name, app_password=app, owner_password=owner, template=template
    )
    return logins(admin_url, service, name)


async def empty_database(admin_url: str, database: FreshDatabase) -> None:
    """Delete all rows, of append-only tables too; whoever is still connected is thrown out."""
    inside = await asyncpg.connect(urlunsplit(urlsplit(admin_url)._replace(path=urlsplit(database.url).path)))
    try:
        await inside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = await inside.fetch(
            "SELECT quote_ident(tablename) AS name FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        # As a replica the session fires no triggers and checks no references.
        await inside.execute("SET session_replication_role = replica")
        await inside.execute("; ".join(f"DELETE FROM {each['name']}" for each in tables))
    finally:
        await inside.close()
