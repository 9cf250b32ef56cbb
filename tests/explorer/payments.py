"""The payment service of the model: the real use cases on the twin in memory, one step at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from chassis.memory import MemoryStore
from chassis.world import World
from contracts.message import Message
from contracts.payment import AuthorizePayment, CapturePayment, PaymentCommand, RefundPayment, VoidPayment
from payment_service.adapters.in_memory import InMemoryPayments
from payment_service.domain.ledger import Entry, Posting
from payment_service.domain.payment import Payment, PaymentUnknown
from payment_service.domain.refund import Refund, RefundRefused
from payment_service.ports import Card, Method
from payment_service.use_cases import authorize_payment, capture_payment, refund_payment, void_payment
from payment_service.use_cases.settle_payment import SettlePayment
from payment_service.use_cases.settle_refund import SettleRefund

from tests.explorer.parts import METHOD_ID, SOMEBODY, Deaf, Ids, Stopped, content, run
from tests.explorer.provider import Call, Reply

OBEY: dict[type[PaymentCommand], Callable[[InMemoryPayments, World], Any]] = {
    AuthorizePayment: lambda it, world: authorize_payment.AuthorizePayment(it, Deaf(), world, _nobody),
    CapturePayment: lambda it, _world: capture_payment.CapturePayment(it, _nobody),
    VoidPayment: lambda it, _world: void_payment.VoidPayment(it, _nobody),
    RefundPayment: lambda it, _world: refund_payment.RefundPayment(it, _nobody),
}


def _nobody() -> None:
    """Whoever would be woken."""


BALANCED = (Posting("psp_clearing", "debit", 1, "EUR"), Posting("customer_receivable", "credit", 1, "EUR"))


@dataclass(frozen=True)
class Rows:
    """What the payment service holds of one order."""

    payment: Payment | None = None
    refunds: tuple[Refund, ...] = ()
    booked: frozenset[str] = frozenset()
    """Each only once: the ledger refuses the second."""


@dataclass(frozen=True)
class Asked:
    """A call that is under way: what the rows were when it was made, and what came back."""

    rows: Rows
    call: Call
    reply: Reply


@dataclass(frozen=True)
class Answered:
    rows: Rows
    says: tuple[Message, ...] = ()


class Interrupted(Exception):
    """The provider has heard enough: we only wanted to know what it is asked."""


@dataclass
class Scripted:
    """A provider that notes the call, lets things happen meanwhile, and gives one reply."""

    reply: Reply
    meanwhile: Callable[[], None] = _nobody
    calls: list[Call] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Any:
        async def call(*_arguments: Any, **more: Any) -> Any:
            told = more.get("metadata", {})
            refund = (told["refund_id"], told["attempt"], more["amount"]) if operation == "refund" else None
            self.calls.append(Call(operation, refund))
            self.meanwhile()
            if isinstance(self.reply, Exception):
                raise self.reply
            return self.reply

        return call


class PaymentPart:
    """Each step is computed once."""

    def __init__(self) -> None:
        self._obeyed: dict[tuple[Rows, PaymentCommand], Answered] = {}
        self._asks: dict[tuple[Rows, type], Call | None] = {}
        self._concluded: dict[tuple[Any, ...], Answered] = {}

    def obey(self, rows: Rows, command: PaymentCommand) -> Answered:
        """What a command does. One that comes too early, or asks for too much, does nothing."""
        key = (rows, command)
        if key not in self._obeyed:
            store, payments = _filled(rows)
            world = World(clock=Stopped(), ids=Ids())
            try:
                run(OBEY[type(command)](payments, world)(command))
                self._obeyed[key] = _taken(store, payments)
            except (PaymentUnknown, RefundRefused):
                self._obeyed[key] = Answered(rows)
        return self._obeyed[key]

    def asks(self, rows: Rows, hand: type) -> Call | None:
        """The call that this hand would make now."""
        key = (rows, hand)
        if key not in self._asks:
            _, payments = _filled(rows)
            provider = Scripted(Interrupted())
            world = World(clock=Stopped(), ids=Ids())
            try:
                worked = run(hand(payments, provider, Deaf(), world)())
            except Interrupted:
                worked = 1
            self._asks[key] = provider.calls[0] if provider.calls else (Call("none") if worked else None)
        return self._asks[key]

    def conclude(self, asked: Asked, rows: Rows, hand: type) -> Answered:
        """What the reply does to the rows as they have become meanwhile."""
        key = (asked.rows, asked.reply if not isinstance(asked.reply, Exception) else repr(asked.reply), rows, hand)
        if key not in self._concluded:
            store, payments = _filled(asked.rows)
            provider = Scripted(asked.reply, meanwhile=lambda: _become(store, payments, rows))
            run(hand(payments, provider, Deaf(), World(clock=Stopped(), ids=Ids()))())
            self._concluded[key] = _taken(store, payments)
        return self._concluded[key]


HANDS = (SettlePayment, SettleRefund)


def plain(rows: Rows) -> Rows:
    """Without what changes nothing about the next step: attempts, leases, times, and which key of a series."""
    payment = rows.payment
    if payment is not None:
        payment = replace(
            payment, attempts=0, key_number=0, lease=None, trace=None, reason=payment.reason and "declined"
        )
    refunds = tuple(
        replace(each, tries=0, first_sent_at=None, claimed_at=None, lease=None, reason=each.reason and "declined")
        for each in sorted(rows.refunds, key=lambda each: each.id)
    )
    return Rows(payment, refunds, rows.booked)


def _filled(rows: Rows) -> tuple[MemoryStore, InMemoryPayments]:
    store = MemoryStore(World(clock=Stopped()))
    payments = InMemoryPayments(store)
    run(_fill(payments, rows))
    return store, payments


async def _fill(payments: InMemoryPayments, rows: Rows) -> None:
    async with payments.transaction() as tx:
        await tx.add_method(Method(METHOD_ID, SOMEBODY, "cus_1", Card("pm_1", "visa", "4242", 12, 2030)))
        if rows.payment is not None:
            await tx.add(rows.payment)
        for refund in rows.refunds:
            await tx.add_refund(refund)
            await tx.save_refund(refund)
        for ref in rows.booked:
            await tx.post(Entry("so far", ref, BALANCED))


def _become(store: MemoryStore, payments: InMemoryPayments, rows: Rows) -> None:
    """Somebody else's transaction, while the call was under way. The lease is still ours."""
    now = {each.row.id: each for each in payments._payments.values()}
    with store.loading():
        if rows.payment is not None and rows.payment.id in now:
            due = now[rows.payment.id]
            payments._payments.put(rows.payment.id, replace(due, row=replace(rows.payment, lease=due.row.lease)))
        known = {each.row.id: each for each in payments._refunds.values()}
        for refund in rows.refunds:
            if refund.id in known:
                leased = replace(refund, lease=known[refund.id].row.lease)
                payments._refunds.put(refund.id, replace(known[refund.id], row=leased))
            else:
                run(payments.add_refund(refund))


def _taken(store: MemoryStore, payments: InMemoryPayments) -> Answered:
    rows = Rows(
        next((each.row for each in payments._payments.values()), None),
        tuple(each.row for each in payments._refunds.values()),
        frozenset(ref for ref, _ in payments._ledger.items()),
    )
    return Answered(plain(rows), tuple(each for each in map(content, store.announced) if each is not None))
