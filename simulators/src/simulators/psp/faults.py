"""Misbehaviour on demand: what goes wrong, at which operation, how often, for whose order."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Operation(StrEnum):
    """What a request does. RETRIEVE covers lists too; OTHER (customers, payment methods) only `*` reaches."""

    ANY = "*"
    CREATE = "create"
    CONFIRM = "confirm"
    CAPTURE = "capture"
    CANCEL = "cancel"
    REFUND = "refund"
    RETRIEVE = "retrieve"
    OTHER = "other"


class Kind(StrEnum):
    """What goes wrong. The comment beside each says what has happened at the provider afterwards."""

    TIMEOUT_BEFORE = "timeout_before"  # nothing, and the client waits in vain
    TIMEOUT_AFTER = "timeout_after"  # everything, but the answer comes too late
    ERROR_BEFORE = "error_before"  # nothing, and a 500
    ERROR_AFTER = "error_after"  # everything, and a 500 that the idempotency key repeats for ever
    LOCK_TIMEOUT = "lock_timeout"  # nothing, and a 429 that says: try again
    SLOW = "slow"  # everything, but only after `seconds`: a call that lands late
    LATE_ANSWER = "late_answer"  # everything, at once; the answer comes after `seconds`, and the event before it
    OTHER_AMOUNT = "other_amount"  # everything, but the answer tells of another amount than what is held
    AUTHORIZATION_EXPIRED = "authorization_expired"  # the bank has let go: a capture is refused, the intent cancelled
    STAYS_PROCESSING = "stays_processing"  # confirm answers `processing` and settles after `seconds`
    REFUND_FAILS = "refund_fails"  # the refund is accepted as `pending` and fails after `seconds`
    DUPLICATE_WEBHOOKS = "duplicate_webhooks"  # the event is delivered twice
    LATE_WEBHOOKS = "late_webhooks"  # the event is delivered after `seconds`
    REORDERED_WEBHOOKS = "reordered_webhooks"  # the event comes after its successor, or after `seconds`
    NO_WEBHOOKS = "no_webhooks"  # the event is never delivered


REQUEST_FAULTS = frozenset(
    {
        Kind.TIMEOUT_BEFORE,
        Kind.TIMEOUT_AFTER,
        Kind.ERROR_BEFORE,
        Kind.ERROR_AFTER,
        Kind.LOCK_TIMEOUT,
        Kind.SLOW,
        Kind.LATE_ANSWER,
        Kind.OTHER_AMOUNT,
    }
)
WEBHOOK_FAULTS = frozenset({Kind.DUPLICATE_WEBHOOKS, Kind.LATE_WEBHOOKS, Kind.REORDERED_WEBHOOKS, Kind.NO_WEBHOOKS})


@dataclass(frozen=True, slots=True)
class Fault:
    """Happens `times` times at `operation` (for a webhook: the operation that caused the event)."""

    kind: Kind
    operation: Operation = Operation.ANY
    times: int = 1
    order_id: str | None = None
    seconds: float = 1.0


class Faults:
    """The faults still to come, the oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def waiting(self) -> list[Fault]:
        return list(self._waiting)

    def take(self, kinds: frozenset[Kind], operation: Operation, order_id: str | None) -> Fault | None:
        """The first fault that fits, counted down; None when all is well."""
        for place, fault in enumerate(self._waiting):
            if fault.kind in kinds and _aims_at(fault, operation, order_id):
                left = fault.times - 1
                self._waiting[place : place + 1] = [replace(fault, times=left)] if left else []
                return fault
        return None


def _aims_at(fault: Fault, operation: Operation, order_id: str | None) -> bool:
    return fault.operation in (Operation.ANY, operation) and fault.order_id in (None, order_id)
