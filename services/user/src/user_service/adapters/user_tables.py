"""Users and their credentials as PostgreSQL rows, in the transaction of one connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.statements import Connection, Row
from sqlalchemy import bindparam, column, func, select, table, text

from user_service.domain.user import Credential, Role, User

FIELDS = (
    "id",
    "email",
    "name",
    "locale",
    "roles",
    "verified_at",
    "session_version",
    "version",
    "created_at",
    "phone",
    "disabled_at",
    "disabled_reason",
)
USERS = table("users", *map(column, FIELDS))
GET = select(USERS).where(USERS.c.id == bindparam("id"))
LOCK = GET.with_for_update(key_share=True)
BY_EMAIL = select(USERS).where(func.lower(USERS.c.email) == func.lower(bindparam("email")))
NEWEST = select(USERS).order_by(USERS.c.id.desc())
ADD = text(
    "INSERT INTO users (id, email, name, locale, roles, verified_at, session_version, version, created_at,"
    " phone, disabled_at, disabled_reason)"
    " VALUES (:id, :email, :name, :locale, :roles, :verified_at, :session_version, :version, :created_at,"
    " :phone, :disabled_at, :disabled_reason)"
    " ON CONFLICT (lower(email)) DO NOTHING"
)
SAVE = text(
    "UPDATE users SET name = :name, locale = :locale, roles = :roles, verified_at = :verified_at,"
    " session_version = :session_version, version = :version, phone = :phone,"
    " disabled_at = :disabled_at, disabled_reason = :disabled_reason WHERE id = :id"
)
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('user admins'))")
ADMINS = text("SELECT count(*) FROM users WHERE roles @> ARRAY['admin'] AND disabled_at IS NULL")
CREDENTIAL = text("SELECT hash, pepper_id FROM credentials WHERE user_id = :user_id")
SET_CREDENTIAL = text(
    "INSERT INTO credentials (user_id, hash, pepper_id) VALUES (:user_id, :hash, :pepper_id)"
    " ON CONFLICT (user_id) DO UPDATE SET hash = :hash, pepper_id = :pepper_id, changed_at = now()"
)
REHASH = text("UPDATE credentials SET hash = :hash, pepper_id = :pepper_id WHERE user_id = :user_id AND hash = :old")


@dataclass(frozen=True, slots=True)
class UserTable:
    connection: Connection

    async def get(self, owner: UUID) -> User | None:
        return _to_user((await self.connection.execute(GET, {"id": owner})).one_or_none())

    async def by_email(self, email: str) -> User | None:
        return _to_user((await self.connection.execute(BY_EMAIL, {"email": email})).one_or_none())

    async def lock(self, owner: UUID) -> User | None:
        return _to_user((await self.connection.execute(LOCK, {"id": owner})).one_or_none())

    async def add(self, user: User) -> bool:
        return (await self.connection.execute(ADD, _from_user(user))).rowcount == 1

    async def save(self, user: User) -> None:
        await self.connection.execute(SAVE, _from_user(user))

    async def newest(self, *, before: UUID | None, limit: int) -> Sequence[User]:
        statement = NEWEST if before is None else NEWEST.where(USERS.c.id < before)
        found = [_to_user(row) for row in await self.connection.execute(statement.limit(limit))]
        return [each for each in found if each is not None]

    async def admins(self) -> int:
        # Rows that are not there yet cannot be locked: two bootstraps at once would both see none.
        await self.connection.execute(ONE_AT_A_TIME)
        return (await self.connection.execute(ADMINS)).scalar_one()

    async def credential(self, owner: UUID) -> Credential | None:
        row = (await self.connection.execute(CREDENTIAL, {"user_id": owner})).one_or_none()
        return Credential(row.hash, row.pepper_id) if row is not None else None

    async def set_credential(self, owner: UUID, credential: Credential) -> None:
        await self.connection.execute(
            SET_CREDENTIAL, {"user_id": owner, "hash": credential.hash, "pepper_id": credential.pepper_id}
        )

    async def rehash(self, owner: UUID, *, old: Credential, new: Credential) -> None:
        await self.connection.execute(
            REHASH, {"user_id": owner, "hash": new.hash, "pepper_id": new.pepper_id, "old": old.hash}
        )


def _to_user(row: Row | None) -> User | None:
    if row is None:
        return None
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        locale=row.locale,
        roles=frozenset(map(Role, row.roles)),
        verified_at=row.verified_at,
        session_version=row.session_version,
        version=row.version,
        created_at=row.created_at,
        phone=row.phone,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
    )


def _from_user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "locale": user.locale,
        "roles": sorted(user.roles),
        "verified_at": user.verified_at,
        "session_version": user.session_version,
        "version": user.version,
        "created_at": user.created_at,
        "phone": user.phone,
        "disabled_at": user.disabled_at,
        "disabled_reason": user.disabled_reason,
    }
