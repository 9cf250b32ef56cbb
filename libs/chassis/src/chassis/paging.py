"""Opaque keyset cursors: where the last page ended, by the values of its sort keys."""

import base64
import json
from typing import Annotated

from fastapi import Query

MAX_PAGE = 100
MAX_INT = 2**63 - 1
Scalar = str | int

Cursor = Annotated[str | None, Query(max_length=512, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items per page.")]


class BadCursor(Exception):
    """A cursor that we did not make, or that belongs to another sorting."""

    def __init__(self) -> None:
        super().__init__("The cursor is not one of this list.")
        self.errors = [{"field": "cursor", "message": "not a cursor of this list"}]


def encode_cursor(kind: str, *keys: Scalar) -> str:
    """`kind` names the sorting, so that a cursor is never used with another one."""
    return base64.urlsafe_b64encode(json.dumps([kind, *keys], separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(kind: str, cursor: str, *types: type[Scalar]) -> tuple[Scalar, ...]:
    """The sort keys in a cursor of this `kind`. Raises BadCursor."""
    try:
        found, *keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        raise BadCursor from None
    if found != kind or len(keys) != len(types):
        raise BadCursor
    if any(type(key) is not expected or not _storable(key) for key, expected in zip(keys, types, strict=True)):
        raise BadCursor
    return tuple(keys)


def _storable(key: Scalar) -> bool:
    """May it be asked of a store? A cursor is the client's text, whatever it looks like."""
    if isinstance(key, int):
        return -MAX_INT <= key <= MAX_INT
    return "\x00" not in key and not any("\ud800" <= character <= "\udfff" for character in key)
