"""Mailed tokens as PostgreSQL rows, in the transaction of one connection: a table for each purpose."""

from dataclasses import asdict, dataclass
from typing import Literal
from uuid import UUID

from chassis.statements import Connection
from sqlalchemy import Delete, Executable, bindparam, column, delete, func, select, table
from sqlalchemy.dialects.postgresql import insert

from user_service.domain.user import Verification

AT_ONCE = 1000

Purpose = Literal["verifications", "password_resets"]


@dataclass(frozen=True, slots=True)
class Statements:
    """The same for each table."""

    owner: Executable
    take: Executable
    replace: Executable
    clean: Delete


def _on(purpose: Purpose) -> Statements:
    rows = table(purpose, column("digest"), column("user_id"), column("expires_at"))
    of_digest = rows.c.digest == bindparam("digest")
    new = insert(rows).values({each.name: bindparam(each.name) for each in rows.c})
    expired = select(rows.c.digest).where(rows.c.expires_at <= func.now()).limit(AT_ONCE)
    return Statements(
        owner=select(rows.c.user_id).where(of_digest),
        take=delete(rows).where(of_digest).returning(rows.c.expires_at > func.clock_timestamp()),
        replace=new.on_conflict_do_update(
            index_elements=[rows.c.user_id],
            set_={"digest": new.excluded.digest, "expires_at": new.excluded.expires_at},
        ),
        clean=delete(rows).where(rows.c.digest.in_(expired.with_for_update(skip_locked=True))),
    )


STATEMENTS: dict[Purpose, Statements] = {
    "verifications": _on("verifications"),
    "password_resets": _on("password_resets"),
}


@dataclass(frozen=True, slots=True)
class MailedTokenTable:
    connection: Connection
    purpose: Purpose

    async def owner(self, digest: bytes) -> UUID | None:
        asked = STATEMENTS[self.purpose].owner
        return (await self.connection.execute(asked, {"digest": digest})).scalar_one_or_none()

    async def take(self, digest: bytes) -> bool:
        taken = STATEMENTS[self.purpose].take
        return bool((await self.connection.execute(taken, {"digest": digest})).scalar_one_or_none())

    async def replace(self, verification: Verification) -> None:
        await self.connection.execute(STATEMENTS[self.purpose].replace, asdict(verification))

    async def clean(self) -> int:
        return (await self.connection.execute(STATEMENTS[self.purpose].clean)).rowcount
