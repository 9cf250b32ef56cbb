"""The bank behind the provider: it approves, declines, or first wants to know that it is its customer who pays."""

from simulators.psp import errors, render
from simulators.psp.call import Call
from simulators.psp.cards import CARDS, NOT_SEEN, Decline
from simulators.psp.errors import ProviderError
from simulators.psp.faults import Kind
from simulators.psp.nature import Nature
from simulators.psp.records import Charge, Intent, Json
from simulators.psp.store import Store

NOT_PROVEN: Json = {
    "type": "invalid_request_error",
    "code": "payment_intent_authentication_failure",
    "message": "The provided PaymentMethod has failed authentication.",
}


class Bank:
    def __init__(self, store: Store, nature: Nature, *, public_url: str) -> None:
        self._store = store
        self._nature = nature
        self._public_url = public_url

    def confirm(self, call: Call, intent: Intent, *, present: bool) -> None:
        """`present`: the customer is there and can be asked. Raises ProviderError when the card is declined."""
        stalled = call.struck_by(Kind.STAYS_PROCESSING)
        if stalled is not None:
            intent.status = "processing"
            self._store.keep(intent)
            call.later.append((stalled.seconds, lambda aftermath: self._settle(aftermath, intent)))
        elif not CARDS[self._token(intent)].authenticate:
            self._decide(call, intent)
        elif present:
            intent.status, intent.act_url = "requires_action", f"{self._public_url}/act/{intent.id}"
            intent.last_payment_error = None
            self._store.keep(intent)
            self.announce(call, "payment_intent.requires_action", intent)
        else:
            self._decline(call, intent, self._charge(intent), NOT_SEEN)

    def hear(self, call: Call, intent: Intent, *, proven: bool) -> None:
        """The customer has been asked. Raises ProviderError when the card is declined all the same."""
        if proven:
            self._decide(call, intent)
            return
        intent.status, intent.payment_method, intent.last_payment_error = "requires_payment_method", None, NOT_PROVEN
        self._store.keep(intent)
        self.announce(call, "payment_intent.payment_failed", intent)

    def take(self, call: Call, intent: Intent, *, amount: int) -> None:
        """Move money that was authorised."""
        charge = self._store.charges[intent.latest_charge or ""]
        charge.amount_captured, charge.captured_at = amount, self._nature.now()
        intent.amount_received = amount
        intent.status = "succeeded"
        self._store.keep(charge)
        self._store.keep(intent)
        self.announce(call, "payment_intent.succeeded", intent)

    def announce(self, call: Call, type_: str, intent: Intent) -> None:
        call.announce(type_, render.intent(intent), store=self._store, nature=self._nature)

    def _settle(self, call: Call, intent: Intent) -> None:
        try:
            self._decide(call, intent)
        except ProviderError:
            return  # nobody waits for this answer: the intent and its event tell of the decline

    def _decide(self, call: Call, intent: Intent) -> None:
        charge = self._charge(intent)
        decline = CARDS[self._token(intent)].decline
        if decline is not None:
            self._decline(call, intent, charge, decline)

        intent.latest_charge = charge.id
        intent.last_payment_error = None
        intent.status = "requires_capture"
        self._store.keep(intent)
        self._store.keep(charge)
        if intent.capture_method == "manual":
            self.announce(call, "payment_intent.amount_capturable_updated", intent)
        else:
            self.take(call, intent, amount=intent.amount)

    def _decline(self, call: Call, intent: Intent, charge: Charge, decline: Decline) -> None:
        charge.paid, charge.failure_code, charge.failure_message = False, decline.code, decline.message
        error: Json = {
            "type": "card_error",
            "code": decline.code,
            "decline_code": decline.decline_code,
            "message": decline.message,
            "charge": charge.id,
            "payment_method": render.payment_method(self._store.methods[charge.payment_method]),
        }
        intent.latest_charge, intent.last_payment_error = charge.id, error
        intent.status, intent.payment_method = "requires_payment_method", None
        self._store.keep(intent)
        self._store.keep(charge)
        self.announce(call, "payment_intent.payment_failed", intent)
        raise errors.declined(error, render.intent(intent))

    def _charge(self, intent: Intent) -> Charge:
        return Charge(
            id=self._nature.new_id("ch"),
            created=self._nature.second(),
            intent=intent.id,
            amount=intent.amount,
            currency=intent.currency,
            payment_method=intent.payment_method or "",
            paid=True,
            at=self._nature.now(),
        )

    def _token(self, intent: Intent) -> str:
        return self._store.methods[intent.payment_method or ""].token
