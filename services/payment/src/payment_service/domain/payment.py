"""A payment: what the provider's word changes. What commands do to it is the table in `commands`.

Everything that the provider must do happens one call at a time, and ends in one of the methods of `Payment`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from payment_service.domain.commands import OVER, WORKING, Answer, State
from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.session import LEAST_TIME, Session, SessionStatus

EXPIRED = "session_expired"
FIRST_LOOK = 3
"""Where the pauses between looks at a customer's page begin: nobody pays in no time."""


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
    return_url: str | None = None
    """Where the provider's page sends the customer afterwards; None with a saved method."""
    session_id: str | None = None
    intent_id: str | None = None
    """On the provider's page: only once that page has ended. Until then the session is what counts."""
    page_url: str | None = None
    """What the customer must open, while an action is required."""
    act_until: datetime | None = None
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
    def hosted(self) -> bool:
        """Does the customer pay on the provider's page?"""
        return self.return_url is not None

    @property
    def stored_there(self) -> bool:
        """Has the provider something of it, as far as we know?"""
        return self.session_id is not None or self.intent_id is not None

    @property
    def looks(self) -> bool:
        """Is the next call one that only looks?"""
        return self.stored_there and (self.unknown or self.state is State.REQUIRES_ACTION)

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

    def look(self) -> "Payment":
        """Something may have happened there: ask before anything else."""
        return replace(self, unknown=True)

    def planned_until(self, until: datetime) -> "Payment":
        """A page that ends later: another request, so another key. One that was opened unheard of ends by itself."""
        return replace(self._forward(self.state), act_until=until, key_number=self.key_number + 1)

    def too_late_to_open(self, now: datetime) -> bool:
        """Would the provider refuse a page that ends as planned?"""
        return self.act_until is None or self.act_until - now < LEAST_TIME

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

    def opened(self, session: Session) -> Outcome:
        """The page exists; the customer may see it unless the payment was voided meanwhile."""
        if self.state is not State.CREATED:
            return Outcome(self)
        self._check(session)
        if session.url is None:
            raise Surprise(self.id, "a page without an address")
        stored = replace(self, session_id=session.id)
        if self.void_requested:
            return Outcome(stored._settled().void())
        return stored._requires_action(session.url, until=session.expires_at)

    def seen_page(self, session: Session) -> Outcome:
        """What has become of the page. Its intent counts once it has ended, and never before."""
        self._check(session)
        match session:
            case Session(status=SessionStatus.OPEN):
                return Outcome(self._still_waits() if self.state is State.REQUIRES_ACTION else self._settled())
            case Session(status=SessionStatus.EXPIRED, intent=None):
                return replace(self, reason=EXPIRED)._canceled()
            case Session(status=SessionStatus.EXPIRED, intent=Intent() as intent):
                return replace(self, intent_id=intent.id, reason=EXPIRED).seen(intent)
            case Session(intent=Intent() as intent):
                return replace(self, intent_id=intent.id).seen(intent)
            case _:
                raise Surprise(self.id, "the page is complete, and nobody has paid")

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
                return self._action_required(intent.action_url)
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
            case State.AUTHORIZING | State.REQUIRES_ACTION:
                authorized = replace(self._forward(State.AUTHORIZED), reason=None, page_url=None)
                return Outcome(authorized, Answer.AUTHORIZED)
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

    def _action_required(self, url: str | None) -> Outcome:
        match self.state:
            case State.AUTHORIZING if url is not None and not self.void_requested:
                return self._requires_action(url, until=self.act_until)
            case State.REQUIRES_ACTION:
                return Outcome(self._still_waits())
            case _:
                return self._not_authorized("authentication_required")

    def _not_authorized(self, reason: str) -> Outcome:
        match self.state:
            case State.REQUIRES_ACTION:
                return Outcome(self._cancel(Answer.DECLINED, self.reason or reason))
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

    def _requires_action(self, url: str, *, until: datetime | None) -> Outcome:
        forward = replace(self._forward(State.REQUIRES_ACTION), attempts=FIRST_LOOK, reason=None)
        return Outcome(replace(forward, page_url=url, act_until=until), Answer.ACTION_REQUIRED)

    def _still_waits(self) -> "Payment":
        """The customer has not finished: look again, less and less often."""
        return replace(self.later(), unknown=False)

    def _forward(self, state: State) -> "Payment":
        return replace(self, state=state, unknown=False, attempts=0)

    def _settled(self) -> "Payment":
        """Nothing new: what was unknown is known, and the next call may be made."""
        return replace(self, unknown=False)

    def _check(self, there: Intent | Session) -> None:
        if there.amount != self.amount or there.currency != self.currency:
            raise Surprise(self.id, f"the provider has {there.amount} {there.currency}")
