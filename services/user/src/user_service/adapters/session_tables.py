"""Sessions and their refresh tokens as PostgreSQL rows, in the transaction of one connection."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, column, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from user_service.domain.session import Presented, RefreshToken, Session

FIELDS = ("id", "user_id", "device", "started_at", "idle_until", "ends_at", "ended_at")
SESSIONS = table("sessions", *map(column, FIELDS))
TOKENS = table("refresh_tokens", column("digest"), column("family"))
GET = select(SESSIONS).where(SESSIONS.c.id == bindparam("id"))
FAMILY = select(TOKENS.c.family).where(TOKENS.c.digest == bindparam("digest"))
LOCK = select(SESSIONS).where(SESSIONS.c.id == FAMILY.scalar_subquery()).with_for_update(key_share=True)
TOKEN = text(
    "SELECT t.digest, t.family, t.generation, t.parent, t.issued_at, t.used_at,"
    " next.used_at IS NOT NULL AS successor_used"
    " FROM refresh_tokens t"
    " LEFT JOIN refresh_tokens next ON next.family = t.family AND next.generation = t.generation + 1"
    " WHERE t.digest = :digest"
)
START = text(
    "INSERT INTO sessions (id, user_id, device, started_at, idle_until, ends_at, ended_at)"
    " VALUES (:id, :user_id, :device, :started_at, :idle_until, :ends_at, :ended_at)"
)
ADD_TOKEN = text(
    "INSERT INTO refresh_tokens (digest, family, generation, parent, issued_at, used_at)"
    " VALUES (:digest, :family, :generation, :parent, :issued_at, :used_at)"
)
USE = text("UPDATE refresh_tokens SET used_at = :at WHERE digest = :digest")
STAY = text("UPDATE sessions SET idle_until = :idle_until WHERE id = :id")
END = text("UPDATE sessions SET ended_at = :at WHERE id = :id AND ended_at IS NULL")


@dataclass(frozen=True, slots=True)
class SessionTable:
    connection: AsyncConnection

    async def get(self, session_id: UUID) -> Session | None:
        row = (await self.connection.execute(GET, {"id": session_id})).one_or_none()
        return _to_session(row) if row is not None else None

    async def lock_by_token(self, digest: bytes) -> Presented | None:
        # The token is read after the lock is held: what it says while we wait may be out of date.
        session = (await self.connection.execute(LOCK, {"digest": digest})).one_or_none()
        row = (await self.connection.execute(TOKEN, {"digest": digest})).one_or_none()
        if session is None or row is None:
            return None
        token = RefreshToken(
            digest=row.digest,
            family=row.family,
            generation=row.generation,
            parent=row.parent,
            issued_at=row.issued_at,
            used_at=row.used_at,
        )
        return Presented(_to_session(session), token, row.successor_used)

    async def start(self, session: Session, token: RefreshToken) -> None:
        await self.connection.execute(START, asdict(session))
        await self.connection.execute(ADD_TOKEN, asdict(token))

    async def rotate(self, session: Session, token: RefreshToken, successor: RefreshToken) -> None:
        await self.connection.execute(USE, {"digest": token.digest, "at": successor.issued_at})
        await self.connection.execute(ADD_TOKEN, asdict(successor))
        await self.connection.execute(STAY, {"id": session.id, "idle_until": session.idle_until})

    async def end(self, session_id: UUID, *, at: datetime) -> None:
        await self.connection.execute(END, {"id": session_id, "at": at})


def _to_session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        device=row.device,
        started_at=row.started_at,
        idle_until=row.idle_until,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
    )
