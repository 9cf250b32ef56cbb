"""The provider's webhooks: are they genuine, and do they tell us anything that we do not know?"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from payment_service.domain.commands import OVER, State

TOLERANCE_SECONDS = 300
MAX_SIGNATURES = 8
KEPT = timedelta(hours=24)
"""How long an event about a payment that we do not know is tried again."""


class WebhookRefused(Exception):
    """Forged, too old, or not an event."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This is not a webhook that we accept: {why}.")


@dataclass(frozen=True, slots=True)
class PspEvent:
    """What is kept of an event: enough to know where to look."""

    id: str
    type: str
    intent_id: str | None
    payment_id: UUID | None
    refund_id: UUID | None

    @property
    def names_a_payment(self) -> bool:
        return self.intent_id is not None or self.payment_id is not None


def verify(body: bytes, signature: str, *, secrets: Sequence[str], now: datetime) -> None:
    """Any of our active secrets will do. Raises WebhookRefused."""
    at, given = _parse(signature)
    if abs(now.timestamp() - at) > TOLERANCE_SECONDS:
        raise WebhookRefused("its time is too far from ours")
    signed = b"%d." % at + body
    expected = [hmac.new(secret.encode(), signed, sha256).hexdigest().encode() for secret in secrets]
    # No early end: how long it takes says nothing about which secret or signature came near.
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in given]
    if not any(matches):
        raise WebhookRefused("the signature is wrong")


def _parse(signature: str) -> tuple[int, list[bytes]]:
    parts = [part.strip().split("=", 1) for part in signature.split(",")[: MAX_SIGNATURES + 1]]
    named = [(part[0], part[1]) for part in parts if len(part) == 2]
    times = [value for name, value in named if name == "t"]
    given = [value.encode("utf-8", "replace") for name, value in named if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12 or not given:
        raise WebhookRefused("the signature cannot be read")
    return int(times[0]), given


def parse(body: bytes) -> PspEvent:
    """Read a genuine event. Raises WebhookRefused when it is none."""
    try:
        event = json.loads(body)
        about = event["data"]["object"]
        if not isinstance(about, dict):
            raise TypeError
        return PspEvent(
            id=_text(event["id"]),
            type=_text(event["type"]),
            intent_id=_intent(about),
            payment_id=_uuid(about, "payment_id"),
            refund_id=_uuid(about, "refund_id"),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise WebhookRefused("the body is no event") from fault


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not (value.isascii() and value.isprintable()):
        raise ValueError
    return value


def _intent(about: Mapping[str, Any]) -> str | None:
    found = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    return None if found is None else _text(found)


def _uuid(about: Mapping[str, Any], name: str) -> UUID | None:
    try:
        return UUID((about.get("metadata") or {})[name])
    except (KeyError, ValueError, AttributeError, TypeError):
        return None


_EVENT_RANK = {
    "checkout.session.completed": 2,
    "checkout.session.expired": 4,
    "payment_intent.requires_action": 2,
    "payment_intent.payment_failed": 2,
    "payment_intent.amount_capturable_updated": 2,
    "payment_intent.succeeded": 4,
    "payment_intent.canceled": 4,
}
_STATE_RANK = {
    State.CREATED: 0,
    State.AUTHORIZING: 1,
    State.REQUIRES_ACTION: 1,
    State.AUTHORIZED: 2,
    State.CAPTURING: 3,
    State.VOIDING: 3,
    State.CAPTURED: 4,
    State.VOIDED: 4,
    State.FAILED: 4,
}


def is_news(event_type: str, state: State) -> bool:
    """Should we look at the provider because of it? Late, repeated and reordered events are no news."""
    if event_type == "payment_intent.succeeded" and state in OVER:
        return True
    if event_type == "payment_intent.canceled" and state is State.CAPTURED:
        return True
    return _EVENT_RANK.get(event_type, 0) > _STATE_RANK[state]
