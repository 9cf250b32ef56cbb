"""What each command does to a payment, as data.

Commands only move rows by it; everything that the provider must do happens later, one call at a time.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum


class State(StrEnum):
    CREATED = "CREATED"
    AUTHORIZING = "AUTHORIZING"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    """The customer has a page of the provider's to go to: to pay there, or to prove to the bank who is paying."""
    AUTHORIZED = "AUTHORIZED"
    CAPTURING = "CAPTURING"
    CAPTURED = "CAPTURED"
    VOIDING = "VOIDING"
    VOIDED = "VOIDED"
    FAILED = "FAILED"


WORKING = frozenset({State.CREATED, State.AUTHORIZING, State.REQUIRES_ACTION, State.CAPTURING, State.VOIDING})
"""States that wait for the provider, or for what it will tell of the customer."""
OVER = frozenset({State.VOIDED, State.FAILED})
"""States without money; an order may have another payment then."""


class Answer(StrEnum):
    """What the payment service says about a payment."""

    ACTION_REQUIRED = "action_required"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture_failed"
    VOIDED = "voided"


class Command(Enum):
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Move(Enum):
    """What a command does where it does not simply answer."""

    WAIT = "wait"
    """Nothing: the answer comes when the call that is under way is settled, or never."""
    UNKNOWN = "unknown"
    """Nobody told us of this payment yet; the command may be repeated."""
    BEGIN = "begin"
    BURY = "bury"
    """A tombstone: this payment will never exist."""
    CAPTURE = "capture"
    VOID = "void"
    REQUEST_VOID = "request_void"
    """Beats an authorisation in flight."""
    REFUND = "refund"


Cell = Answer | Move

_UNSETTLED: Mapping[Command, Cell] = {
    Command.AUTHORIZE: Move.WAIT,
    Command.CAPTURE: Move.WAIT,
    Command.VOID: Move.REQUEST_VOID,
    Command.REFUND: Move.WAIT,
}

ANSWERS: Mapping[State | None, Mapping[Command, Cell]] = {
    None: {
        Command.AUTHORIZE: Move.BEGIN,
        Command.CAPTURE: Move.UNKNOWN,
        Command.VOID: Move.BURY,
        Command.REFUND: Move.UNKNOWN,
    },
    State.CREATED: _UNSETTLED,
    State.AUTHORIZING: _UNSETTLED,
    State.VOIDING: _UNSETTLED,
    State.REQUIRES_ACTION: {
        Command.AUTHORIZE: Answer.ACTION_REQUIRED,
        Command.CAPTURE: Move.WAIT,
        Command.VOID: Move.VOID,
        Command.REFUND: Move.WAIT,
    },
    State.AUTHORIZED: {
        Command.AUTHORIZE: Answer.AUTHORIZED,
        Command.CAPTURE: Move.CAPTURE,
        Command.VOID: Move.VOID,
        Command.REFUND: Move.WAIT,
    },
    State.CAPTURING: {
        Command.AUTHORIZE: Answer.AUTHORIZED,
        Command.CAPTURE: Move.WAIT,
        Command.VOID: Move.WAIT,
        Command.REFUND: Move.WAIT,
    },
    State.CAPTURED: {
        Command.AUTHORIZE: Answer.AUTHORIZED,
        Command.CAPTURE: Answer.CAPTURED,
        Command.VOID: Answer.CAPTURED,
        Command.REFUND: Move.REFUND,
    },
    State.VOIDED: {
        Command.AUTHORIZE: Answer.VOIDED,
        Command.CAPTURE: Answer.CAPTURE_FAILED,
        Command.VOID: Answer.VOIDED,
        Command.REFUND: Move.WAIT,
    },
    State.FAILED: {
        Command.AUTHORIZE: Answer.DECLINED,
        Command.CAPTURE: Answer.CAPTURE_FAILED,
        Command.VOID: Answer.VOIDED,
        Command.REFUND: Move.WAIT,
    },
}
"""What each command answers, always as a new message."""
