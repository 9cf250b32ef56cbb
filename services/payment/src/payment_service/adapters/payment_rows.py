"""Between rows and the domain's objects, and nothing else."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from chassis.statements import Row
from sqlalchemy import text

from payment_service.domain.commands import Answer, State
from payment_service.domain.ledger import Entry, Posting
from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund, RefundState
from payment_service.domain.webhook import PspEvent
from payment_service.ports import Booked, Card, Method, PaymentStory, RefundStory, WaitingEvent

PAYMENT = (
    "id, order_id, amount, currency, state, customer, method, return_url, session_id, intent_id, page_url,"
    " act_until, void_requested, unknown_since, ending, reason, captured, refunded, key_number, attempts,"
    " lease_token, trace"
)
REFUND = "id, payment_id, amount, state, attempt, look, reason, tries, first_sent_at, lease_token"
ALL_PAYMENTS = text(f"SELECT {PAYMENT} FROM payment ORDER BY id")  # noqa: S608 - our own column names
ALL_REFUNDS = text(f"SELECT {REFUND} FROM refund ORDER BY id")  # noqa: S608 - our own column names

type AnyRow = Row


def to_payment(row: AnyRow) -> Payment:
    return Payment(
        id=row.id,
        order_id=row.order_id,
        amount=row.amount,
        currency=row.currency,
        state=State(row.state),
        customer=row.customer,
        method=row.method,
        return_url=row.return_url,
        session_id=row.session_id,
        intent_id=row.intent_id,
        page_url=row.page_url,
        act_until=row.act_until,
        void_requested=row.void_requested,
        unknown=row.unknown_since is not None,
        ending=Answer(row.ending) if row.ending else None,
        reason=row.reason,
        captured=row.captured,
        refunded=row.refunded,
        key_number=row.key_number,
        attempts=row.attempts,
        lease=row.lease_token,
        trace=row.trace,
    )


def from_payment(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "order_id": payment.order_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "state": payment.state.value,
        "customer": payment.customer,
        "method": payment.method,
        "return_url": payment.return_url,
        "session_id": payment.session_id,
        "intent_id": payment.intent_id,
        "page_url": payment.page_url,
        "act_until": payment.act_until,
        "void_requested": payment.void_requested,
        "unknown": payment.unknown,
        "ending": payment.ending.value if payment.ending else None,
        "reason": payment.reason,
        "captured": payment.captured,
        "refunded": payment.refunded,
        "key_number": payment.key_number,
        "attempts": payment.attempts,
        "lease": payment.lease,
        "trace": payment.trace,
        "waiting": payment.waiting,
    }


def to_refund(row: AnyRow, *, claimed_at: datetime | None = None) -> Refund:
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        amount=row.amount,
        state=RefundState(row.state),
        attempt=row.attempt,
        look=row.look,
        reason=row.reason,
        tries=row.tries,
        first_sent_at=row.first_sent_at,
        claimed_at=claimed_at,
        lease=row.lease_token,
    )


def from_refund(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "amount": refund.amount,
        "state": refund.state.value,
        "attempt": refund.attempt,
        "look": refund.look,
        "reason": refund.reason,
        "tries": refund.tries,
        "first_sent_at": refund.first_sent_at,
        "lease": refund.lease,
        "waiting": refund.state is RefundState.REQUESTED,
    }


def to_entries(found: Iterable[AnyRow]) -> Iterable[tuple[UUID, Entry]]:
    for (id_, kind, ref), group in groupby(found, key=lambda row: (row.id, row.kind, row.ref)):
        postings = tuple(Posting(row.account, row.side, row.amount, row.currency) for row in group)
        yield id_, Entry(kind, ref, postings)


def to_story(row: AnyRow, refunds: Sequence[AnyRow], booked: Sequence[AnyRow]) -> PaymentStory:
    """Of one payment, out of the refunds and ledger rows of its order."""
    own = [each for each in refunds if each.payment_id == row.id]
    refs = {f"capture:{row.id}", *(f"refund:{each.id}" for each in own)}
    mine = [each for each in booked if each.ref in refs]
    times = {each.id: each.at for each in mine}
    return PaymentStory(
        payment=to_payment(row),
        begun_at=row.created_at,
        changed_at=row.updated_at,
        due_at=row.due_at,
        refunds=[RefundStory(to_refund(each), each.created_at, each.updated_at) for each in own],
        booked=[Booked(id_, times[id_], entry) for id_, entry in to_entries(mine)],
    )


def to_waiting_event(row: AnyRow) -> WaitingEvent:
    event = PspEvent(
        id=row.id, type=row.type, intent_id=row.intent_id, payment_id=row.payment_id, refund_id=row.refund_id
    )
    return WaitingEvent(event, row.received_at, row.now, row.tries)


def to_method(row: AnyRow) -> Method:
    card = Card(
        provider_method_id=row.provider_method_id,
        brand=row.brand,
        last4=row.last4,
        exp_month=row.exp_month,
        exp_year=row.exp_year,
    )
    return Method(id=row.id, user_id=row.user_id, customer=row.provider_id, card=card)
