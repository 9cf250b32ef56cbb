"""Sessions and their refresh tokens as PostgreSQL rows, in the transaction of one connection."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from chassis.statements import Connection, Row
from sqlalchemy import bindparam, column, select, table, text

from user_service.domain.session import REFRESHES, Presented, RefreshToken, Session

FIELDS = ("id", "user_id", "device", "started_at", "idle_until", "ends_at", "ended_at")
SESSIONS = table("sessions", *map(column, FIELDS))
TOKENS = table("refresh_tokens", column("digest"), column("family"))
GET = select(SESSIONS).where(SESSIONS.c.id == bindparam("id"), SESSIONS.c.user_id == bindparam("owner"))
LIVE = text(
    "SELECT id, user_id, device, started_at, idle_until, ends_at, ended_at FROM sessions"
    " WHERE user_id = :user_id AND ended_at IS NULL AND idle_until > :at AND ends_at > :at"
    " AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
)
OWNER = text("SELECT s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.family WHERE t.digest = :digest")
FAMILY = select(TOKENS.c.family).where(TOKENS.c.digest == bindparam("digest"))
LOCK = select(SESSIONS).where(SESSIONS.c.id == FAMILY.scalar_subquery()).with_for_update(key_share=True)
TOKEN = text(
    "SELECT t.digest, t.family, t.generation, t.parent, t.issued_at, t.used_at,"
    " next.used_at IS NOT NULL AS successor_used, past.issued_at AS earlier"
    " FROM refresh_tokens t"
    " LEFT JOIN refresh_tokens next ON next.family = t.family AND next.generation = t.generation + 1"
    " LEFT JOIN refresh_tokens past ON past.family = t.family"
    " AND past.generation = t.generation - CAST(:back AS int) + 1"
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
END = text("UPDATE sessions SET ended_at = :at WHERE id = :id AND user_id = :owner AND ended_at IS NULL")
END_ALL = text(
    "UPDATE sessions SET ended_at = :at WHERE user_id = :user_id AND ended_at IS NULL"
    " AND id IS DISTINCT FROM CAST(:but AS uuid) RETURNING id"
)


@dataclass(frozen=True, slots=True)
class SessionTable:
    connection: Connection

    async def get(self, session_id: UUID, *, owner: UUID) -> Session | None:
        row = (await self.connection.execute(GET, {"id": session_id, "owner": owner})).one_or_none()
        return _to_session(row) if row is not None else None

    async def live_of(self, owner: UUID, *, at: datetime, before: UUID | None, limit: int) -> Sequence[Session]:
        asked = {"user_id": owner, "at": at, "before": before, "limit": limit}
        return [_to_session(row) for row in await self.connection.execute(LIVE, asked)]

    async def owner(self, digest: bytes) -> UUID | None:
        return (await self.connection.execute(OWNER, {"digest": digest})).scalar_one_or_none()

    async def lock_by_token(self, digest: bytes, *, back: int = REFRESHES) -> Presented | None:
        # The token is read after the lock is held: what it says while we wait may be out of date.
        session = (await self.connection.execute(LOCK, {"digest": digest})).one_or_none()
        row = (await self.connection.execute(TOKEN, {"digest": digest, "back": back})).one_or_none()
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
        return Presented(_to_session(session), token, row.successor_used, row.earlier)

    async def start(self, session: Session, token: RefreshToken) -> None:
        await self.connection.execute(START, asdict(session))
        await self.connection.execute(ADD_TOKEN, asdict(token))

    async def rotate(self, session: Session, token: RefreshToken, successor: RefreshToken) -> None:
        await self.connection.execute(USE, {"digest": token.digest, "at": successor.issued_at})
        await self.connection.execute(ADD_TOKEN, asdict(successor))
        await self.connection.execute(STAY, {"id": session.id, "idle_until": session.idle_until})

    async def end(self, session_id: UUID, *, owner: UUID, at: datetime) -> bool:
        return (await self.connection.execute(END, {"id": session_id, "owner": owner, "at": at})).rowcount == 1

    async def end_all(self, owner: UUID, *, at: datetime, but: UUID | None = None) -> Sequence[UUID]:
        ended = await self.connection.execute(END_ALL, {"user_id": owner, "at": at, "but": but})
        return list(ended.scalars())


def _to_session(row: Row) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        device=row.device,
        started_at=row.started_at,
        idle_until=row.idle_until,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
    )
