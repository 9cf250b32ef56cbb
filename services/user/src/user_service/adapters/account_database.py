"""Accounts in PostgreSQL: transactions, the janitor's work, the facts."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis import outbox_table
from chassis.database import Database
from chassis.messages import Contract
from chassis.statements import Connection
from chassis.world import World
from sqlalchemy import text

from user_service.adapters.address_tables import AddressTable
from user_service.adapters.mailed_token_tables import STATEMENTS, MailedTokenTable
from user_service.adapters.messages import WITH_TOKENS
from user_service.adapters.session_tables import SessionTable
from user_service.adapters.user_tables import UserTable
from user_service.domain.user import MAILS_KEPT
from user_service.ports import WideTransaction

NOW = text("SELECT clock_timestamp()")
CLEAN_SESSIONS = text(
    "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions"
    " WHERE ended_at IS NOT NULL OR idle_until <= now() OR ends_at <= now() LIMIT 1000 FOR UPDATE SKIP LOCKED)"
)
FORGET_MAILS = text(
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
    " WHERE routing_key = ANY(:types) AND published_at <= now() - CAST(:kept AS interval)"
    " LIMIT 1000 FOR UPDATE SKIP LOCKED)"
)
USERS = text("SELECT id, verified_at IS NOT NULL AS verified, roles FROM users")
TOKENS = text(
    "SELECT t.family, t.used_at IS NULL AND s.ended_at IS NULL AS live"
    " FROM refresh_tokens t JOIN sessions s ON s.id = t.family"
)
OUTBOX = text("SELECT id, routing_key, aggregate_id, published_at IS NOT NULL AS published FROM outbox")


@dataclass(frozen=True, slots=True)
class TableTransaction:
    connection: Connection
    world: World

    @property
    def users(self) -> UserTable:
        return UserTable(self.connection)

    @property
    def verifications(self) -> MailedTokenTable:
        return MailedTokenTable(self.connection, "verifications")

    @property
    def resets(self) -> MailedTokenTable:
        return MailedTokenTable(self.connection, "password_resets")

    @property
    def sessions(self) -> SessionTable:
        return SessionTable(self.connection)

    @property
    def addresses(self) -> AddressTable:
        return AddressTable(self.connection)

    async def now(self) -> datetime:
        return (await self.connection.execute(NOW)).scalar_one()

    async def announce(self, message: Contract, *, seq: int) -> None:
        await outbox_table.announce(self.connection, message, world=self.world, seq=seq)


class AccountDatabase:
    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._world = world

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[WideTransaction]:
        async with self._database.transaction() as connection:
            yield TableTransaction(connection, self._world)

    async def clean(self, *, mails_kept: timedelta = MAILS_KEPT) -> int:
        async with self._database.transaction() as connection:
            mailed = [await MailedTokenTable(connection, purpose).clean() for purpose in STATEMENTS]
            sessions = await connection.execute(CLEAN_SESSIONS)
            said = await connection.execute(FORGET_MAILS, {"types": list(WITH_TOKENS), "kept": mails_kept})
        return sum(mailed) + sessions.rowcount + said.rowcount

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        """What the store holds, for the facts door."""
        async with self._database.reading() as connection:
            for user in await connection.execute(USERS):
                yield {"kind": "user", "id": str(user.id), "verified": user.verified, "roles": sorted(user.roles)}
            for token in await connection.execute(TOKENS):
                yield {"kind": "refresh_token", "family": str(token.family), "live": token.live}
            for row in await connection.execute(OUTBOX):
                yield {
                    "kind": "outbox",
                    "id": str(row.id),
                    "type": row.routing_key,
                    "aggregate_id": row.aggregate_id,
                    "published": row.published,
                }
