"""A service's database in PostgreSQL, with the two logins that belong to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

APP_SETTINGS = {
    "statement_timeout": "2s",
    "lock_timeout": "500ms",
    "idle_in_transaction_session_timeout": "10s",
}


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """Two logins to one database, as `postgresql+asyncpg://` URLs."""

    url: str
    """The service's own: reads and writes rows, changes no tables."""
    owner_url: str
    """For migrations."""
    app_role: str
    owner_role: str


async def drop_databases(admin_url: str, names: Iterable[str]) -> None:
    """Whoever is still connected is thrown out."""
    admin = await asyncpg.connect(admin_url)
    for name in names:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.close()


def logins(admin_url: str, service: str, name: str) -> FreshDatabase:
    """How a service reaches its database of this name, once there is one."""
    app, owner = f"{service}_app", f"{service}_owner"
    return FreshDatabase(
        url=_with(admin_url, scheme="postgresql+asyncpg", user=app, path=f"/{name}"),
        owner_url=_with(admin_url, scheme="postgresql+asyncpg", user=owner, path=f"/{name}"),
        app_role=app,
        owner_role=owner,
    )


async def create_database(admin_url: str, service: str, name: str, template: str = "template1") -> FreshDatabase:
    """A database with its service's two logins, which all databases of that service share and no other service has.

    One that is there already stays as it is.
    """
    app, owner = f"{service}_app", f"{service}_owner"
    admin = await asyncpg.connect(admin_url)
    try:
        for role in (app, owner):
            if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
        for setting, value in APP_SETTINGS.items():
            await admin.execute(f"ALTER ROLE {app} SET {setting} = '{value}'")
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await admin.execute(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}")
    finally:
        await admin.close()
    inside = await asyncpg.connect(_with(admin_url, path=f"/{name}"))
    try:
        await inside.execute(f"ALTER SCHEMA public OWNER TO {owner}")
        await inside.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
            await inside.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT {rights} ON {kind} TO {app}")
    finally:
        await inside.close()
    return logins(admin_url, service, name)


async def empty_database(admin_url: str, database: FreshDatabase) -> None:
    """Delete all rows, of append-only tables too; whoever is still connected is thrown out."""
    inside = await asyncpg.connect(_with(admin_url, path=urlsplit(database.url).path))
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


def _with(url: str, *, scheme: str | None = None, user: str | None = None, path: str = "") -> str:
    parts = urlsplit(url)
    place = f"{user}:{user}@{parts.hostname}:{parts.port}" if user else parts.netloc
    return urlunsplit((scheme or parts.scheme, place, path or parts.path, parts.query, ""))
