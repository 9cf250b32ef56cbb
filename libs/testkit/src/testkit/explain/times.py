"""When something happened: said outright, or in an id that begins with the moment of its birth."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

VERSION_OF_TIME = 7


def moment(said: Any) -> datetime | None:
    """A time as the facts write it; None where they say nothing."""
    return datetime.fromisoformat(said).astimezone(UTC) if isinstance(said, str) and said else None


def birth(id_: str) -> datetime | None:
    """The time in a UUIDv7, to the millisecond; None for every other id."""
    try:
        found = UUID(id_)
    except ValueError:
        return None
    return datetime.fromtimestamp((found.int >> 80) / 1000, UTC) if found.version == VERSION_OF_TIME else None
