"""Ids for goods that were in the shop before it opened."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

OPENING = int(datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp()) * 1000
DAY = 86_400_000
MINUTE = 60_000

VERSION_7 = 7 << 76
RFC_9562 = 0b10 << 62


def seed_id(slug: str, *, department: int, row: int) -> UUID:
    """A UUIDv7 that is the same in every run, on every machine.

    Stable, so that a link, a cart and a test name the same mug after a restart. Version 7, because lists page by id as
    by time, and "newest" must mean something: every day one delivery brings the next row of each department's file. So
    the newest page is a mixture, and a product appended to a file moves nobody else's id.
    """
    arrived = OPENING + row * DAY + department * MINUTE
    dice = int.from_bytes(sha256(slug.encode()).digest()[:10])
    twelve_bits, rest = (dice >> 62) & 0xFFF, dice & ((1 << 62) - 1)
    return UUID(int=arrived << 80 | VERSION_7 | twelve_bits << 64 | RFC_9562 | rest)
