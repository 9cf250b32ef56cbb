"""Idempotency keys: the first answer is the only answer."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from simulators.psp import errors
from simulators.psp.errors import Answer
from simulators.psp.records import Reply
from simulators.psp.store import Store

KEPT_SECONDS = 24 * 3600
MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class Claim:
    """A key and what it was first used for."""

    key: str
    fingerprint: str

    @classmethod
    def on(cls, key: str, *, method: str, path: str, fields: Mapping[str, str]) -> "Claim":
        if len(key) > MAX_KEY:
            raise errors.invalid(f"Idempotency keys may have up to {MAX_KEY} characters.")
        text = json.dumps([method, path, sorted(fields.items())])
        return cls(key, hashlib.sha256(text.encode()).hexdigest())


class Idempotency:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_use: set[str] = set()

    @contextmanager
    def hold(self, claim: Claim) -> Iterator[None]:
        """Two requests with one key never run side by side: the second is told to come again."""
        if claim.key in self._in_use:
            raise errors.key_in_use(claim.key)
        self._in_use.add(claim.key)
        try:
            yield
        finally:
            self._in_use.discard(claim.key)

    def find(self, claim: Claim, *, now: int) -> Reply | None:
        """The stored answer of the same request; the same key on another request is refused."""
        reply = self._store.replies.get(claim.key)
        if reply is None:
            return None
        if reply.created + KEPT_SECONDS < now:
            self._store.forget_reply(claim.key)
            return None
        if reply.fingerprint != claim.fingerprint:
            raise errors.key_reused(claim.key)
        return reply

    def remember(self, claim: Claim, answer: Answer, *, request_id: str, now: int) -> None:
        reply = Reply(
            id=claim.key,
            created=now,
            fingerprint=claim.fingerprint,
            request_id=request_id,
            status=answer.status,
            body=answer.body,
        )
        self._store.keep(reply)
