"""The payment provider of the model: one intent, perhaps a page for it, refunds by key."""

from dataclasses import dataclass, field, replace

from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.refund import ProviderRefund, RefundState
from payment_service.domain.session import Session, SessionStatus
from payment_service.ports import Declined, Refused

from tests.explorer.parts import PAGE, TOTAL

OPEN, COMPLETE, EXPIRED = SessionStatus.OPEN, SessionStatus.COMPLETE, SessionStatus.EXPIRED
UNCONFIRMED, UNPAID = IntentStatus.REQUIRES_CONFIRMATION, IntentStatus.REQUIRES_PAYMENT_METHOD
HELD, TAKEN, OVER = IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED, IntentStatus.CANCELED

type Reply = Intent | Session | ProviderRefund | tuple[ProviderRefund, ...] | Exception


@dataclass(frozen=True)
class Call:
    """What was asked of it; a refund by its id, its attempt and its amount."""

    operation: str
    refund: tuple[str, str, int] | None = None


READS = frozenset({"retrieve", "retrieve_session", "find_refunds"})


@dataclass(frozen=True)
class Provider:
    """What it holds. `may_fail` is what it may still do to us: the bank's no to a capture, and to a refund."""

    intent: IntentStatus | None = None
    session: SessionStatus | None = None
    refunds: frozenset[tuple[str, str, int, RefundState]] = frozenset()
    card: str = "good"
    may_fail: frozenset[str] = field(default=frozenset())

    def answer(self, call: Call) -> "tuple[Provider, Reply]":
        """What it does, and what it says."""
        after = self._obey(call)
        return after, after._say(call, before=self)

    @property
    def charged(self) -> int:
        """What of the customer's money we have."""
        given_back = sum(amount for _, _, amount, state in self.refunds if state is RefundState.DONE)
        return (TOTAL if self.intent is TAKEN else 0) - given_back

    def customer_pays(self) -> "Provider":
        return replace(self, session=COMPLETE, intent=HELD)

    def customer_is_declined(self) -> "Provider":
        return replace(self, intent=UNPAID)

    def page_expires(self) -> "Provider":
        """With it goes what was begun on it and not paid."""
        return replace(self, session=EXPIRED, intent=OVER if self.intent is UNPAID else self.intent)

    def _obey(self, call: Call) -> "Provider":
        match call.operation, self.intent:
            case "create_intent", None:
                return replace(self, intent=UNCONFIRMED)
            case "create_session", _ if self.session is None:
                return replace(self, session=OPEN)
            case "expire_session", _ if self.session is OPEN:
                return self.page_expires()
            case "confirm", IntentStatus.REQUIRES_CONFIRMATION:
                return replace(self, intent=HELD if self.card == "good" else UNPAID)
            case "capture", IntentStatus.REQUIRES_CAPTURE if "capture" not in self.may_fail:
                return replace(self, intent=TAKEN)
            case "cancel", IntentStatus.REQUIRES_CONFIRMATION | IntentStatus.REQUIRES_PAYMENT_METHOD | (
                IntentStatus.REQUIRES_CAPTURE
            ):
                return replace(self, intent=OVER)
            case "refund", IntentStatus.SUCCEEDED if call.refund is not None and not self._refund(call):
                failed = "refund" in self.may_fail
                made = (*call.refund, RefundState.FAILED if failed else RefundState.DONE)
                return replace(self, refunds=self.refunds | {made}, may_fail=self.may_fail - {"refund"})
            case _:
                return self

    def _say(self, call: Call, *, before: "Provider") -> Reply:
        match call.operation:
            # Under the same key it says what it said the first time, whatever has become of it since.
            case "create_intent":
                return replace(self, intent=UNCONFIRMED)._intent()
            case "create_session":
                return replace(self, session=OPEN, intent=None)._session()
            case "retrieve":
                return self._intent()
            case "retrieve_session":
                return self._session()
            case "expire_session":
                return self._session() if before.session is OPEN else Refused("not open")
            case "confirm" if before.intent is UNCONFIRMED:
                return self._intent() if self.intent is HELD else Declined("the bank says no")
            case "capture" if before.intent is HELD:
                return self._intent() if self.intent is TAKEN else Declined("the bank says no")
            case "cancel" if before.intent not in {TAKEN, OVER}:
                return self._intent()
            case "refund" if made := self._refund(call):
                return made
            case "find_refunds":
                return tuple(_refund(each) for each in sorted(self.refunds))
            case _:
                return Refused("in no state for it")

    def _refund(self, call: Call) -> ProviderRefund | None:
        return next((_refund(each) for each in self.refunds if each[:3] == call.refund), None)

    def _intent(self) -> Intent:
        assert self.intent is not None
        return Intent("pi_1", self.intent, TOTAL, "EUR", TOTAL if self.intent is TAKEN else 0)

    def _session(self) -> Session:
        assert self.session is not None
        url = PAGE.url if self.session is OPEN else None
        intent = self._intent() if self.intent is not None else None
        return Session("cs_1", self.session, TOTAL, "EUR", url, PAGE.expires_at, intent)


def _refund(made: tuple[str, str, int, RefundState]) -> ProviderRefund:
    refund_id, attempt, amount, state = made
    return ProviderRefund(state, amount, "EUR", refund_id, attempt)
