"""Refunds: giving captured money back."""

from simulators.psp import errors, render
from simulators.psp.call import Call
from simulators.psp.faults import Kind
from simulators.psp.intents import Intents
from simulators.psp.nature import Nature
from simulators.psp.records import Charge, Intent, Json, Refund
from simulators.psp.store import Store
from simulators.psp.wire import page

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


class Refunds:
    def __init__(self, store: Store, nature: Nature, intents: Intents) -> None:
        self._store = store
        self._nature = nature
        self._intents = intents

    def create(self, call: Call) -> Json:
        params = call.params
        intent_id, asked = params.text("payment_intent"), params.optional_amount("amount")
        reason, metadata = params.choice("reason", REASONS), params.metadata()
        params.ignore("expand")
        params.finish()
        intent = self._intents.find(intent_id, param="payment_intent")
        charge = self._captured(intent)
        amount = self._fitting(charge, asked)

        failing = call.struck_by(Kind.REFUND_FAILS)
        refund = Refund(
            id=self._nature.new_id("re"),
            created=self._nature.second(),
            intent=intent.id,
            charge=charge.id,
            amount=amount,
            currency=charge.currency,
            status="pending" if failing else "succeeded",
            reason=reason,
            metadata=metadata,
            at=self._nature.now(),
        )
        charge.amount_refunded += amount
        self._store.keep(charge)
        self._store.keep(refund)
        self._announce(call, "refund.created", render.refund(refund))
        self._announce(call, "charge.refunded", render.charge(charge, intent))
        if failing is not None:
            call.later.append((failing.seconds, lambda aftermath: self._fail(aftermath, refund)))
        return render.refund(refund)

    def retrieve(self, call: Call, refund_id: str) -> Json:
        call.params.ignore("expand")
        call.params.finish()
        refund = self._store.refunds.get(refund_id)
        if refund is None:
            raise errors.missing("refund", refund_id, param="id")
        return render.refund(refund)

    def list(self, call: Call, *, url: str) -> Json:
        intent = call.params.optional("payment_intent")
        call.params.ignore("expand")
        items = [each for each in self._store.refunds.values() if intent in (None, each.intent)]
        return page(call.params, url=url, items=items, render=render.refund)

    def _captured(self, intent: Intent) -> Charge:
        charge = self._store.charges.get(intent.latest_charge or "")
        if charge is None or charge.amount_captured == 0:
            message = f"This PaymentIntent ({intent.id}) does not have a successful charge to refund."
            raise errors.refused(message, code="charge_not_refundable", param="payment_intent")
        return charge

    def _fitting(self, charge: Charge, asked: int | None) -> int:
        if charge.refundable == 0:
            raise errors.refused(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
        amount = charge.refundable if asked is None else asked
        if amount > charge.refundable:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({charge.refundable})"
            raise errors.refused(message, code="amount_too_large", param="amount")
        return amount

    def _fail(self, call: Call, refund: Refund) -> None:
        """The bank sends the money back to us: it may be refunded again."""
        charge = self._store.charges[refund.charge]
        charge.amount_refunded -= refund.amount
        refund.status, refund.failure_reason = "failed", "expired_or_canceled_card"
        self._store.keep(charge)
        self._store.keep(refund)
        self._announce(call, "refund.updated", render.refund(refund))
        self._announce(call, "refund.failed", render.refund(refund))

    def _announce(self, call: Call, type_: str, object_: Json) -> None:
        call.announce(type_, object_, store=self._store, nature=self._nature)
