"""HTTP idempotency: the key, and the fingerprint that tells a repeat from another request."""

import hashlib
import json
from typing import Annotated, Any

REPLAYED = {"Idempotent-Replayed": "true"}


def _header() -> Any:
    from fastapi import Header  # here: use cases know the refusals below, and a worker needs no web framework

    return Header(
        alias="Idempotency-Key",
        min_length=16,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Made by the client, once per intention; a repeat gets the first answer again.",
    )


type Key = Annotated[str | None, _header()]
"""A route's argument. `type`, so that it is not worked out before a route has it."""


class IdempotencyKeyMissing(Exception):
    def __init__(self) -> None:
        super().__init__("The header Idempotency-Key is required here.")
        self.errors = [{"field": "Idempotency-Key", "message": "required"}]


class IdempotencyKeyReused(Exception):
    """The same key came with another request."""

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request.")
        self.errors = [{"field": "Idempotency-Key", "message": "already used with another body"}]


class IdempotencyKeyBusy(Exception):
    """The first request with this key is still being worked on."""

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is not finished.")
        self.retry_after = 1


REFUSALS: dict[type[Exception], tuple[int, str]] = {
    IdempotencyKeyMissing: (400, "idempotency_key_missing"),
    IdempotencyKeyReused: (422, "idempotency_key_reused"),
    IdempotencyKeyBusy: (409, "idempotency_key_busy"),
}


async def required_key(key: Key = None) -> str:
    """A dependency: the request's key, or the refusal that names the header."""
    if key is None:
        raise IdempotencyKeyMissing
    return key


def fingerprint(method: str, route: str, body: Any) -> str:
    """SHA-256 over method, route and the body in canonical JSON, in hex."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{method}|{route}|{canonical}".encode()).hexdigest()
