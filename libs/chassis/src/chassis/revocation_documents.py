"""Revoked sessions as a MongoDB collection that forgets by itself."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from pymongo import ASCENDING, UpdateOne

from chassis.documents import Documents, translated

COLLECTION = "revoked_sessions"


async def make_revocations(documents: Documents) -> None:
    """The index by which the server deletes what nobody has to know any more; safe to repeat."""
    with translated():
        await documents.database[COLLECTION].create_index([("until", ASCENDING)], name="until", expireAfterSeconds=0)


class RevocationDocuments:
    def __init__(self, documents: Documents) -> None:
        self._sessions = documents.database[COLLECTION]

    async def add(self, session_ids: Collection[UUID], *, until: datetime) -> None:
        writes = [UpdateOne({"_id": each}, {"$max": {"until": until}}, upsert=True) for each in set(session_ids)]
        if writes:
            with translated():
                await self._sessions.bulk_write(writes, ordered=False)

    async def all(self, *, now: datetime) -> frozenset[UUID]:
        with translated():
            found = await self._sessions.find({"until": {"$gt": now}}, {"_id": True}).to_list()
        return frozenset(each["_id"] for each in found)
