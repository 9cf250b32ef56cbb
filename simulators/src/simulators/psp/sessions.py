"""Checkout sessions: pages on which a customer pays, with as many cards as it takes."""

from collections.abc import Iterator
from typing import Literal

from simulators.psp import errors, render
from simulators.psp.bank import Bank
from simulators.psp.call import Call
from simulators.psp.customers import PaymentMethods
from simulators.psp.errors import ProviderError
from simulators.psp.intents import CAPTURE_METHODS, Intents
from simulators.psp.nature import Nature
from simulators.psp.records import Intent, Json, Session
from simulators.psp.store import Store
from simulators.psp.wire import Params

SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 3600
MOST_ITEMS = 100
IGNORED_AT_CREATE = (
    "allowed_payment_method_types",
    "locale",
    "submit_type",
    "customer_email",
    "billing_address_collection",
)
ANSWERED = frozenset({"requires_capture", "succeeded", "processing"})
"""What its intent is in once the customer has done everything."""


class Sessions:
    def __init__(
        self, store: Store, nature: Nature, bank: Bank, intents: Intents, methods: PaymentMethods, *, public_url: str
    ) -> None:
        self._store = store
        self._nature = nature
        self._bank = bank
        self._intents = intents
        self._methods = methods
        self._public_url = public_url

    # --- what the shop asks for

    def create(self, call: Call) -> Json:
        params, now = call.params, self._nature.second()
        if params.text("mode") != "payment":
            raise errors.invalid("Only the mode `payment` exists here.", param="mode")
        amount, currency = _sum(params)
        session = Session(
            id=self._nature.new_id("cs_test"),
            created=now,
            amount=amount,
            currency=currency,
            capture_method=params.choice("payment_intent_data[capture_method]", CAPTURE_METHODS) or "automatic_async",
            success_url=params.text("success_url"),
            cancel_url=params.optional("cancel_url"),
            expires_at=_end(params, now=now),
            client_reference_id=params.optional("client_reference_id"),
            customer=params.optional("customer"),
            metadata=params.metadata(),
            intent_metadata=params.metadata("payment_intent_data[metadata]"),
        )
        params.ignore(*IGNORED_AT_CREATE)
        expanded = self._finish(call)
        self._store.keep(session)
        return self._show(session, expanded)

    def retrieve(self, call: Call, session_id: str) -> Json:
        expanded = self._finish(call)
        return self._show(self.find(call, session_id), expanded)

    def expire(self, call: Call, session_id: str) -> Json:
        expanded = self._finish(call)
        session = self.find(call, session_id)
        if session.status != "open":
            message = f"Only Checkout Sessions with a status of `open` can be expired; this one is `{session.status}`."
            raise errors.refused(message, code="checkout_session_unexpected_state")
        self._expire(call, session)
        return self._show(session, expanded)

    # --- what the customer does

    def find(self, call: Call, session_id: str) -> Session:
        """As it is by now: one whose time has come has expired."""
        session = self._store.sessions.get(session_id)
        if session is None:
            raise errors.missing("checkout.session", session_id, param="session")
        if session.status == "open" and session.expires_at <= self._nature.second():
            self._expire(call, session)
        return session

    def intent_of(self, session: Session) -> Intent | None:
        return self._store.intents.get(session.intent or "")

    def pay(self, call: Call, session: Session, card: str) -> Intent:
        """Try this card; the intent says what came of it."""
        intent = self.intent_of(session) or self._begin(call, session)
        intent.payment_method = self._methods.usable(card, customer=intent.customer).id
        try:
            self._bank.confirm(call, intent, present=True)
        except ProviderError:
            return intent  # the page stays open, and says why
        self._close_if_answered(call, intent)
        return intent

    def act(self, call: Call, intent: Intent, *, proven: bool) -> None:
        """The customer has told the bank who is paying, or has refused to."""
        try:
            self._bank.hear(call, intent, proven=proven)
        except ProviderError:
            return
        self._close_if_answered(call, intent)

    def intent(self, call: Call, intent_id: str) -> Intent:
        """Of a page or not; one whose page has expired by now is cancelled."""
        intent = self._intents.find(intent_id)
        if intent.session is not None:
            self.find(call, intent.session)
        return intent

    def page_of(self, session: Session) -> str:
        return f"{self._public_url}/pay/{session.id}"

    # --- how

    def _begin(self, call: Call, session: Session) -> Intent:
        id_ = self._nature.new_id("pi")
        intent = Intent(
            id=id_,
            created=self._nature.second(),
            amount=session.amount,
            currency=session.currency,
            capture_method=session.capture_method,
            client_secret=self._nature.new_id(f"{id_}_secret"),
            status="requires_payment_method",
            customer=session.customer,
            metadata=dict(session.intent_metadata),
            return_url=self.page_of(session),
            session=session.id,
        )
        session.intent = intent.id
        self._store.keep(session)
        self._store.keep(intent)
        self._bank.announce(call, "payment_intent.created", intent)
        return intent

    def _close_if_answered(self, call: Call, intent: Intent) -> None:
        session = self._store.sessions.get(intent.session or "")
        if session is not None and intent.status in ANSWERED:
            self._end(call, session, "complete", "completed")

    def _expire(self, call: Call, session: Session) -> None:
        intent = self.intent_of(session)
        if intent is not None:
            self._intents.abandon(call, intent, reason=None)
        self._end(call, session, "expired", "expired")

    def _end(self, call: Call, session: Session, status: Literal["complete", "expired"], event: str) -> None:
        session.status = status
        self._store.keep(session)
        call.announce(f"checkout.session.{event}", self._show(session, []), store=self._store, nature=self._nature)

    def _show(self, session: Session, expanded: list[str]) -> Json:
        intent = self.intent_of(session)
        body = render.session(session, self.page_of(session), intent)
        if "payment_intent" in expanded and intent is not None:
            body["payment_intent"] = render.intent(intent)
        return body

    def _finish(self, call: Call) -> list[str]:
        expanded = call.params.values("expand")
        call.params.finish()
        return expanded


def _sum(params: Params) -> tuple[int, str]:
    items = list(_items(params))
    if not items:
        raise errors.invalid("Missing required param: line_items.", param="line_items", code="parameter_missing")
    currencies = {currency for _, currency in items}
    if len(currencies) > 1:
        raise errors.invalid("All line items must have the same currency.", param="line_items")
    return sum(amount for amount, _ in items), currencies.pop()


def _items(params: Params) -> Iterator[tuple[int, str]]:
    for place in range(MOST_ITEMS):
        item = f"line_items[{place}]"
        quantity = params.optional_integer(f"{item}[quantity]")
        if quantity is None:
            return
        unit = params.amount(f"{item}[price_data][unit_amount]")
        params.text(f"{item}[price_data][product_data][name]")
        yield quantity * unit, params.currency(f"{item}[price_data][currency]")


def _end(params: Params, *, now: int) -> int:
    at = params.optional_integer("expires_at")
    if at is None:
        return now + LONGEST_SECONDS
    if not SHORTEST_SECONDS <= at - now <= LONGEST_SECONDS:
        raise errors.invalid(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return at
