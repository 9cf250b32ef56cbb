"""Payment intents: authorise, capture, cancel."""

from collections.abc import Callable

from simulators.psp import errors, render
from simulators.psp.call import Call
from simulators.psp.cards import CARDS, Decline
from simulators.psp.customers import Customers, PaymentMethods
from simulators.psp.errors import ProviderError
from simulators.psp.faults import Kind
from simulators.psp.nature import Nature
from simulators.psp.records import Charge, Intent, Json
from simulators.psp.store import Store
from simulators.psp.wire import page

CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation"})
CANCELABLE = CONFIRMABLE | {"requires_capture"}
CANCELLATION_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
IGNORED_AT_CREATE = (
    "payment_method_types",
    "automatic_payment_methods",
    "payment_method_options",
    "setup_future_usage",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "shipping",
)
IGNORED_AT_CONFIRM = (
    "off_session",
    "return_url",
    "error_on_requires_action",
    "use_stripe_sdk",
    "payment_method_options",
)


class Intents:
    def __init__(self, store: Store, nature: Nature, customers: Customers, methods: PaymentMethods) -> None:
        self._store = store
        self._nature = nature
        self._customers = customers
        self._methods = methods

    def create(self, call: Call) -> Json:
        params = call.params
        amount, currency = params.amount("amount"), params.currency()
        capture_method = params.choice("capture_method", CAPTURE_METHODS) or "automatic_async"
        customer, method = params.optional("customer"), params.optional("payment_method")
        description, metadata, at_once = params.optional("description"), params.metadata(), params.boolean("confirm")
        params.ignore(*IGNORED_AT_CREATE, *(IGNORED_AT_CONFIRM if at_once else ()))
        show = self._finish(call)

        if at_once and method is None:
            raise errors.invalid("You cannot confirm without a payment method.", param="payment_method")
        if customer is not None:
            self._customers.find(customer)
        if method is not None:
            method = self._methods.usable(method, customer=customer).id
        id_ = self._nature.new_id("pi")
        intent = Intent(
            id=id_,
            created=self._nature.second(),
            amount=amount,
            currency=currency,
            capture_method=capture_method,
            client_secret=self._nature.new_id(f"{id_}_secret"),
            status="requires_confirmation" if method else "requires_payment_method",
            customer=customer,
            payment_method=method,
            description=description,
            metadata=metadata,
        )
        self._store.keep(intent)
        self._announce(call, "payment_intent.created", intent)
        if at_once:
            self._confirm(call, intent)
        return show(intent)

    def retrieve(self, call: Call, intent_id: str) -> Json:
        call.params.ignore("client_secret")
        show = self._finish(call)
        return show(self.find(intent_id))

    def list(self, call: Call, *, url: str) -> Json:
        customer = call.params.optional("customer")
        call.params.ignore("expand")
        items = [each for each in self._store.intents.values() if customer in (None, each.customer)]
        return page(call.params, url=url, items=items, render=render.intent)

    def confirm(self, call: Call, intent_id: str) -> Json:
        method = call.params.optional("payment_method")
        call.params.ignore(*IGNORED_AT_CONFIRM)
        show = self._finish(call)
        intent = self.find(intent_id)
        self._require(intent, "confirmed", among=CONFIRMABLE)

        if method is not None:
            intent.payment_method = self._methods.usable(method, customer=intent.customer).id
        self._confirm(call, intent)
        return show(intent)

    def capture(self, call: Call, intent_id: str) -> Json:
        asked = call.params.optional_amount("amount_to_capture")
        metadata = call.params.metadata()
        call.params.ignore("final_capture", "statement_descriptor", "statement_descriptor_suffix")
        show = self._finish(call)
        intent = self.find(intent_id)
        self._require(intent, "captured", among=frozenset({"requires_capture"}))
        if asked is not None and asked > intent.amount_capturable:
            message = f"The remaining amount is {intent.amount_capturable}; you cannot capture {asked}."
            raise errors.refused(message, code="amount_too_large", param="amount_to_capture")

        intent.metadata.update(metadata)
        self._take_money(call, intent, amount=asked or intent.amount)
        return show(intent)

    def cancel(self, call: Call, intent_id: str) -> Json:
        reason = call.params.choice("cancellation_reason", CANCELLATION_REASONS)
        show = self._finish(call)
        intent = self.find(intent_id)
        self._require(intent, "canceled", among=CANCELABLE)

        intent.status = "canceled"
        intent.cancellation_reason = reason
        intent.canceled_at = self._nature.second()
        self._store.keep(intent)
        self._announce(call, "payment_intent.canceled", intent)
        return show(intent)

    def find(self, intent_id: str, *, param: str = "intent") -> Intent:
        intent = self._store.intents.get(intent_id)
        if intent is None:
            raise errors.missing("payment_intent", intent_id, param=param)
        return intent

    def _confirm(self, call: Call, intent: Intent) -> None:
        if intent.payment_method is None:
            message = "You cannot confirm this PaymentIntent because it's missing a payment method."
            raise errors.refused(message, code="payment_intent_unexpected_state", intent=render.intent(intent))
        stalled = call.struck_by(Kind.STAYS_PROCESSING)
        if stalled is None:
            self._ask_the_bank(call, intent)
            return
        intent.status = "processing"
        self._store.keep(intent)
        call.later.append((stalled.seconds, lambda aftermath: self._settle(aftermath, intent)))

    def _settle(self, call: Call, intent: Intent) -> None:
        try:
            self._ask_the_bank(call, intent)
        except ProviderError:
            return  # nobody waits for this answer: the intent and its event tell of the decline

    def _ask_the_bank(self, call: Call, intent: Intent) -> None:
        method = self._store.methods[intent.payment_method or ""]
        charge = Charge(
            id=self._nature.new_id("ch"),
            created=self._nature.second(),
            intent=intent.id,
            amount=intent.amount,
            currency=intent.currency,
            payment_method=method.id,
            paid=True,
        )
        intent.latest_charge = charge.id
        decline = CARDS[method.token].decline
        if decline is not None:
            self._decline(call, intent, charge, decline)

        intent.last_payment_error = None
        intent.status = "requires_capture"
        self._store.keep(intent)
        self._store.keep(charge)
        if intent.capture_method == "manual":
            self._announce(call, "payment_intent.amount_capturable_updated", intent)
        else:
            self._take_money(call, intent, amount=intent.amount)

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
        intent.last_payment_error = error
        intent.status, intent.payment_method = "requires_payment_method", None
        self._store.keep(intent)
        self._store.keep(charge)
        self._announce(call, "payment_intent.payment_failed", intent)
        raise errors.declined(error, render.intent(intent))

    def _take_money(self, call: Call, intent: Intent, *, amount: int) -> None:
        charge = self._store.charges[intent.latest_charge or ""]
        charge.amount_captured = amount
        intent.amount_received = amount
        intent.status = "succeeded"
        self._store.keep(charge)
        self._store.keep(intent)
        self._announce(call, "payment_intent.succeeded", intent)

    def _require(self, intent: Intent, done: str, *, among: frozenset[str]) -> None:
        if intent.status in among:
            return
        message = (
            f"This PaymentIntent could not be {done} because it has a status of {intent.status}. Only a PaymentIntent "
            f"with one of the following statuses may be {done}: {', '.join(sorted(among))}."
        )
        raise errors.refused(message, code="payment_intent_unexpected_state", intent=render.intent(intent))

    def _finish(self, call: Call) -> Callable[[Intent], Json]:
        """Refuse unknown parameters; the function that shows an intent as the client wants it expanded."""
        expanded = call.params.values("expand")
        call.params.finish()

        def show(intent: Intent) -> Json:
            body = render.intent(intent)
            if "latest_charge" in expanded and intent.latest_charge is not None:
                body["latest_charge"] = render.charge(self._store.charges[intent.latest_charge], intent)
            return body

        return show

    def _announce(self, call: Call, type_: str, intent: Intent) -> None:
        call.announce(type_, render.intent(intent), store=self._store, nature=self._nature)
