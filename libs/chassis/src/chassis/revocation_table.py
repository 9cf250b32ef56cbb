"""Revoked sessions as a PostgreSQL table.

```sql
CREATE TABLE revoked_session (session_id uuid PRIMARY KEY, until timestamptz NOT NULL);
CREATE INDEX revoked_session_until ON revoked_session (until);
```
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Database

# In one order everywhere: two listeners that add the same sessions do not wait for each other in a circle.
ADD = text(
    "INSERT INTO revoked_session (session_id, until)"
    " SELECT id, :until FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id"
    " ON CONFLICT (session_id) DO UPDATE SET until = greatest(revoked_session.until, excluded.until)"
)
FORGET = text(
    "DELETE FROM revoked_session WHERE session_id IN"
    " (SELECT session_id FROM revoked_session WHERE until <= now() LIMIT 1000 FOR UPDATE SKIP LOCKED)"
)
ALL = text("SELECT session_id FROM revoked_session WHERE until > :now")


class RevocationTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session_ids: Collection[UUID], *, until: datetime) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(FORGET)
            await connection.execute(ADD, {"ids": sorted(set(session_ids)), "until": until})

    async def all(self, *, now: datetime) -> frozenset[UUID]:
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(ALL, {"now": now})).scalars())
