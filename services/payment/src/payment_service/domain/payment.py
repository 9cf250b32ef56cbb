"""A payment: what each command answers, and what the provider's word changes.

The table below is data. Commands only move rows by it; everything that the provider must do happens later,
one call at a time, and ends in one of the methods of `Payment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from uuid import UUID

from payment_service.domain.intent import Intent, IntentStatus


class State(StrEnum):
    CREATED = "CREATED"
    AUTHORIZING = "AUTHORIZING"
    AUTHORIZED = "AUTHORIZED"
    CAPTURING = "CAPTURING"
    CAPTURED = "CAPTURED"
    VOIDING = "VOIDING"
    VOIDED = "VOIDED"
    FAILED = "FAILED"


WORKING = frozenset({State.CREATED, State.AUTHORIZING, State.CAPTURING, State.VOIDING})
"""States that wait for the provider."""
OVER = frozenset({State.VOIDED, State.FAILED})
"""States without money; an order may have another payment then."""


class Answer(StrEnum):
    """What the payment service says about a payment."""

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


class PaymentUnknown(Exception):
    """A command for a payment that was never asked for, or not yet."""

    def __init__(self, payment_id: UUID) -> None:
        super().__init__(f"payment {payment_id} is not known")
        self.payment_id = payment_id


class Surprise(Exception):
    """The provider's word does not fit ours: no transition, a person must look."""

    def __init__(self, payment_id: UUID, what: str) -> None:
        super().__init__(f"payment {payment_id}: {what}")
        self.what = what


@dataclass(frozen=True, slots=True)
class Outcome:
    """A payment after something became known, and what is to be said about it."""

    payment: "Payment"
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to take one order's money. Every change is a new object."""

    id: UUID
    order_id: UUID
    amount: int
    currency: str | None
    state: State
    customer: str | None = None
    method: str | None = None
    """The saved method, by the provider's id."""
    intent_id: str | None = None
    void_requested: bool = False
    unknown: bool = False
    """A call was made and nobody knows what it did: look before anything is sent again."""
    ending: Answer | None = None
    """What is announced once the cancellation under way is certain."""
    reason: str | None = None
    captured: int = 0
    refunded: int = 0
    key_number: int = 0
    attempts: int = 0
    """Calls since the last step forward, for the backoff."""
    lease: UUID | None = None
    trace: str | None = None
    """Whose request began it: what happens at the provider later belongs to the same trace."""

    @property
    def waiting(self) -> bool:
        """Is there something to do at the provider?"""
        return self.state in WORKING or self.unknown

    def key(self, operation: str) -> str:
        """The idempotency key of this call: the same again until the provider replays its own failure."""
        return f"{self.id}:{operation}:{self.key_number}"

    # --- what commands do

    def capture(self) -> "Payment":
        return replace(self._forward(State.CAPTURING), reason=None)

    def void(self) -> "Payment":
        """Cancel it. What was unknown stays unknown: it is looked at before the cancellation is sent."""
        return replace(self, state=State.VOIDING, ending=Answer.VOIDED, attempts=0)

    def request_void(self) -> "Payment":
        return replace(self, void_requested=True)

    # --- what the provider's answers do

    def never_sent(self) -> Outcome:
        """Voided before the provider had anything of it."""
        return Outcome(self._forward(State.VOIDED), Answer.VOIDED)

    def created(self, intent: Intent) -> Outcome:
        """The unconfirmed intent exists; no money moves before its id is stored."""
        if self.state is not State.CREATED:
            return Outcome(self)
        self._check(intent)
        return Outcome(replace(self._forward(State.AUTHORIZING), intent_id=intent.id))

    def seen(self, intent: Intent) -> Outcome:
        """What the provider holds now, from whichever call."""
        self._check(intent)
        match intent.status:
            case IntentStatus.SUCCEEDED:
                return self._succeeded(intent)
            case IntentStatus.CANCELED:
                return self._canceled()
            case IntentStatus.PROCESSING:
                return Outcome(self.outcome_unknown())
            case IntentStatus.REQUIRES_CAPTURE:
                return self._authorized()
            case IntentStatus.REQUIRES_CONFIRMATION:
                return self._unconfirmed()
            case IntentStatus.REQUIRES_ACTION:
                return self._not_authorized("authentication_required")
            case IntentStatus.REQUIRES_PAYMENT_METHOD:
                return self._not_authorized(intent.decline or "declined")

    def declined(self, reason: str) -> Outcome:
        """The card was refused. That is final only once the intent is cancelled too."""
        if self.state is State.AUTHORIZING:
            return Outcome(self._cancel(Answer.DECLINED, reason))
        return self.refused(reason)

    def refused(self, reason: str) -> Outcome:
        """The provider will not do this. Nothing exists, or it must be looked at before it is given up."""
        if self.state is State.CREATED:
            if self.void_requested:
                return self.never_sent()
            return Outcome(replace(self._forward(State.FAILED), reason=reason), Answer.DECLINED)
        # A refusal is remembered under its key too, and would be repeated after what stood in the way has gone.
        return Outcome(replace(self.outcome_unknown(new_key=True), reason=self.reason or reason))

    def outcome_unknown(self, *, new_key: bool = False) -> "Payment":
        """No answer that can be trusted; what the provider would replay under this key needs a new one."""
        return replace(self.later(), unknown=True, key_number=self.key_number + new_key)

    def later(self) -> "Payment":
        return replace(self, attempts=self.attempts + 1)

    # --- how

    def _succeeded(self, intent: Intent) -> Outcome:
        if self.state is State.CAPTURED:
            return Outcome(self._settled())
        if self.state in OVER:
            raise Surprise(self.id, "captured at the provider, but over for us")
        if intent.received != self.amount:
            raise Surprise(self.id, "captured another amount")
        return Outcome(replace(self._forward(State.CAPTURED), captured=intent.received), Answer.CAPTURED)

    def _canceled(self) -> Outcome:
        if self.state in OVER:
            return Outcome(self._settled())
        if self.state is State.CAPTURED:
            raise Surprise(self.id, "cancelled at the provider, but captured for us")
        ending = self._ending()
        state = State.VOIDED if ending is Answer.VOIDED else State.FAILED
        reason = None if ending is Answer.VOIDED else self.reason or "authorization_ended"
        return Outcome(replace(self._forward(state), reason=reason, ending=None), ending)

    def _ending(self) -> Answer:
        if self.void_requested:
            return Answer.VOIDED
        if self.ending is not None:
            return self.ending
        return Answer.CAPTURE_FAILED if self.state is State.CAPTURING else Answer.DECLINED

    def _authorized(self) -> Outcome:
        match self.state:
            case State.AUTHORIZING if self.void_requested:
                return Outcome(self._settled().void())
            case State.AUTHORIZING:
                return Outcome(replace(self._forward(State.AUTHORIZED), reason=None), Answer.AUTHORIZED)
            case State.CAPTURING if self.reason is not None:
                return Outcome(self._cancel(Answer.CAPTURE_FAILED, self.reason))
            case State.CAPTURING | State.VOIDING | State.AUTHORIZED:
                return Outcome(self._settled())
            case _:
                raise Surprise(self.id, "authorised at the provider, but not for us")

    def _unconfirmed(self) -> Outcome:
        match self.state:
            case State.AUTHORIZING if self.reason is not None:
                return Outcome(self._cancel(Answer.DECLINED, self.reason))
            case State.AUTHORIZING | State.VOIDING:
                return Outcome(self._settled())
            case _:
                raise Surprise(self.id, "unconfirmed at the provider, but not for us")

    def _not_authorized(self, reason: str) -> Outcome:
        match self.state:
            case State.AUTHORIZING | State.AUTHORIZED:
                return Outcome(self._cancel(Answer.DECLINED, reason))
            case State.CAPTURING:
                return Outcome(self._cancel(Answer.CAPTURE_FAILED, reason))
            case State.VOIDING:
                return Outcome(self._settled())
            case _:
                raise Surprise(self.id, "declined at the provider, but not for us")

    def _cancel(self, ending: Answer, reason: str) -> "Payment":
        """Give it up: nothing is final before the provider has cancelled it."""
        return replace(self._forward(State.VOIDING), ending=ending, reason=reason)

    def _forward(self, state: State) -> "Payment":
        return replace(self, state=state, unknown=False, attempts=0)

    def _settled(self) -> "Payment":
        """Nothing new: what was unknown is known, and the next call may be made."""
        return replace(self, unknown=False)

    def _check(self, intent: Intent) -> None:
        if intent.amount != self.amount or intent.currency != self.currency:
            raise Surprise(self.id, f"the provider has {intent.amount} {intent.currency}")
