"""Answers that caches may keep for a moment, and need not fetch again while they are the same."""

from hashlib import blake2b
from typing import Annotated

from fastapi import Header, Response

SHORTLY = "public, max-age=4"
"""A change is visible within 5 seconds, what it takes to travel included."""
PICTURES = "public, max-age=86400"

Seen = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag of an earlier answer; 304 while it is the same.")
]


def cacheable(text: str, *, seen: str | None, media_type: str = "application/json", cache: str = SHORTLY) -> Response:
    """The answer `text`, or 304 without a body when the client has `seen` it."""
    body = text.encode()
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": cache}
    if seen is not None and _names(seen, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def _names(seen: str, tag: str) -> bool:
    """RFC 9110 compares weakly here: a proxy that compressed the answer has put `W/` before its tag."""
    return seen.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in seen.split(","))
