"""Payment intents: authorise, capture, cancel."""

from collections.abc import Callable

from simulators.psp import errors, render
from simulators.psp.bank import Bank
from simulators.psp.call import Call
from simulators.psp.customers import Customers, PaymentMethods
from simulators.psp.faults import Kind
from simulators.psp.nature import Nature
from simulators.psp.records import Intent, Json
from simulators.psp.store import Store
from simulators.psp.wire import page

CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
CANCELABLE = CONFIRMABLE | {"requires_capture"}
CANCELLATION_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
IGNORED_AT_CREATE = (
    "allowed_payment_method_types",
    "automatic_payment_methods",
    "payment_method_options",
    "setup_future_usage",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "shipping",
)
IGNORED_AT_CONFIRM = (
    "error_on_requires_action",
    "use_stripe_sdk",
    "payment_method_options",
)


class Intents:
    def __init__(self, store: Store, nature: Nature, bank: Bank, customers: Customers, methods: PaymentMethods) -> None:
        self._store = store
        self._nature = nature
        self._bank = bank
        self._customers = customers
        self._methods = methods

    def create(self, call: Call) -> Json:
        params = call.params
        amount, currency = params.amount("amount"), params.currency()
        capture_method = params.choice("capture_method", CAPTURE_METHODS) or "automatic_async"
        customer, method = params.optional("customer"), params.optional("payment_method")
        description, metadata, at_once = params.optional("description"), params.metadata(), params.boolean("confirm")
        present, return_url = self._presence(call) if at_once else (False, None)
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
            return_url=return_url,
        )
        self._store.keep(intent)
        self._bank.announce(call, "payment_intent.created", intent)
        if at_once:
            self._confirm(call, intent, present=present)
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
        present, return_url = self._presence(call)
        call.params.ignore(*IGNORED_AT_CONFIRM)
        show = self._finish(call)
        intent = self.find(intent_id)
        self._require(intent, "confirmed", among=CONFIRMABLE)

        if method is not None:
            intent.payment_method = self._methods.usable(method, customer=intent.customer).id
        intent.return_url = return_url or intent.return_url
        self._confirm(call, intent, present=present)
        return show(intent)

    def capture(self, call: Call, intent_id: str) -> Json:
        asked = call.params.optional_amount("amount_to_capture")
        metadata = call.params.metadata()
        call.params.ignore("final_capture", "statement_descriptor", "statement_descriptor_suffix")
        show = self._finish(call)
        intent = self.find(intent_id)
        if call.struck_by(Kind.AUTHORIZATION_EXPIRED):
            self.abandon(call, intent, reason="automatic")
        self._require(intent, "captured", among=frozenset({"requires_capture"}))
        if asked is not None and asked > intent.amount_capturable:
            message = f"The remaining amount is {intent.amount_capturable}; you cannot capture {asked}."
            raise errors.refused(message, code="amount_too_large", param="amount_to_capture")

        intent.metadata.update(metadata)
        self._bank.take(call, intent, amount=asked or intent.amount)
        return show(intent)

    def cancel(self, call: Call, intent_id: str) -> Json:
        reason = call.params.choice("cancellation_reason", CANCELLATION_REASONS)
        show = self._finish(call)
        intent = self.find(intent_id)
        self._require(intent, "canceled", among=CANCELABLE)
        self._refuse_on_page(intent)

        self.abandon(call, intent, reason=reason)
        return show(intent)

    def abandon(self, call: Call, intent: Intent, *, reason: str | None) -> None:
        """Cancel it, whatever it is in."""
        intent.status = "canceled"
        intent.cancellation_reason = reason
        intent.canceled_at = self._nature.second()
        self._store.keep(intent)
        self._bank.announce(call, "payment_intent.canceled", intent)

    def find(self, intent_id: str, *, param: str = "intent") -> Intent:
        intent = self._store.intents.get(intent_id)
        if intent is None:
            raise errors.missing("payment_intent", intent_id, param=param)
        return intent

    def _confirm(self, call: Call, intent: Intent, *, present: bool) -> None:
        if intent.payment_method is None:
            message = "You cannot confirm this PaymentIntent because it's missing a payment method."
            raise errors.refused(message, code="payment_intent_unexpected_state", intent=render.intent(intent))
        self._bank.confirm(call, intent, present=present)

    def _presence(self, call: Call) -> tuple[bool, str | None]:
        """Is the customer there, and where to after an authentication?"""
        off_session, return_url = call.params.boolean("off_session"), call.params.optional("return_url")
        if off_session and return_url is not None:
            raise errors.invalid("You cannot set `off_session` together with `return_url`.", param="return_url")
        return not off_session, return_url

    def _refuse_on_page(self, intent: Intent) -> None:
        page = self._store.sessions.get(intent.session or "")
        if page is not None and page.status == "open" and intent.status != "requires_capture":
            message = "You cannot cancel the PaymentIntent of a Checkout Session: expire the Checkout Session instead."
            raise errors.refused(message, code="payment_intent_unexpected_state", intent=render.intent(intent))

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
