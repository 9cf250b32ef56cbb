"""The twin in memory, for the demo, the simulator and the tests."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.memory import MemoryStore, Table
from contracts.message import Message

from payment_service.adapters.facts import ledger_fact, payment_fact, refund_fact
from payment_service.domain.commands import OVER, State
from payment_service.domain.ledger import Entry
from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund, RefundState
from payment_service.domain.webhook import PspEvent
from payment_service.ports import (
    AnotherPaymentLives,
    Booked,
    Books,
    Method,
    PaymentStory,
    RefundStory,
    WaitingEvent,
    Work,
)

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class _Due[T]:
    """A row that the hands may have to work on."""

    row: T
    born: datetime
    changed: datetime
    due_at: datetime | None
    leased_until: datetime | None = None

    def since(self, when: datetime | None) -> bool:
        return when is None or self.born >= when

    def is_free(self, now: datetime) -> bool:
        due = self.due_at is not None and self.due_at <= now
        return due and (self.leased_until is None or self.leased_until <= now)


@dataclass(frozen=True, slots=True)
class _Event:
    event: PspEvent
    received_at: datetime
    due_at: datetime | None
    tries: int = 0


def _waits_for_customer(payment: Payment) -> bool:
    return payment.state is State.REQUIRES_ACTION and not payment.unknown


class InMemoryPayments:
    """Payments, refunds, ledger, webhooks and saved methods of one MemoryStore. Also its own transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._payments: Table[UUID, _Due[Payment]] = store.table()
        self._refunds: Table[UUID, _Due[Refund]] = store.table()
        self._ledger: Table[str, Booked] = store.table()
        self._events: Table[str, _Event] = store.table()
        self._customers: Table[UUID, str] = store.table()
        self._methods: Table[UUID, Method] = store.table()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["InMemoryPayments"]:
        async with self._store.transaction():
            yield self

    async def due(self) -> Collection[Work]:
        async with self._store.transaction():
            now = self._now()
            found = {
                Work.PAYMENT: any(each.is_free(now) for each in self._payments.values()),
                Work.REFUND: any(each.is_free(now) for each in self._refunds.values()),
                Work.EVENT: any(each.due_at is not None and each.due_at <= now for each in self._events.values()),
            }
        return [work for work, there in found.items() if there]

    async def claim(self, lease: UUID, *, seconds: float) -> Payment | None:
        async with self._store.transaction():
            now = self._now()
            for each in self._payments.values():
                if each.is_free(now):
                    row = each.row
                    claimed = replace(row, lease=lease, unknown=row.unknown or row.lease is not None)
                    self._payments.put(
                        row.id, replace(each, row=claimed, leased_until=now + timedelta(seconds=seconds))
                    )
                    return claimed
            return None

    async def claim_refund(self, lease: UUID, *, seconds: float) -> Refund | None:
        async with self._store.transaction():
            now = self._now()
            for each in self._refunds.values():
                if each.is_free(now):
                    first = each.row.first_sent_at or now
                    claimed = replace(each.row, lease=lease, first_sent_at=first, claimed_at=now)
                    until = now + timedelta(seconds=seconds)
                    self._refunds.put(claimed.id, replace(each, row=claimed, leased_until=until))
                    return claimed
            return None

    async def unsettled(self) -> int:
        async with self._store.transaction():
            payments = [each for each in self._payments.values() if not _waits_for_customer(each.row)]
            return sum(each.due_at is not None for each in (*payments, *self._refunds.values()))

    async def forget_events(self, *, kept: timedelta) -> int:
        async with self._store.transaction():
            before = self._now() - kept
            over = [id_ for id_, each in self._events.items() if each.due_at is None and each.received_at < before]
            for id_ in over[:AT_ONCE]:
                self._events.delete(id_)
        return len(over[:AT_ONCE])

    async def books(self, since: datetime | None) -> Books:
        async with self._store.transaction():
            booked = {
                entry.ref: sum(each.amount for each in entry.postings if each.side == "debit")
                for entry in (each.entry for each in self._ledger.values())
            }
            return Books(
                payments={each.row.id: each.row for each in self._payments.values() if each.since(since)},
                refunds={each.row.id: each.row for each in self._refunds.values() if each.since(since)},
                booked=booked,
            )

    async def of_order(self, order_id: UUID) -> Sequence[PaymentStory]:
        async with self._store.transaction():
            return [self._story(each) for each in self._payments.values() if each.row.order_id == order_id]

    def _story(self, kept: _Due[Payment]) -> PaymentStory:
        refunds = [each for each in self._refunds.values() if each.row.payment_id == kept.row.id]
        refs = [f"capture:{kept.row.id}", *(f"refund:{each.row.id}" for each in refunds)]
        return PaymentStory(
            payment=kept.row,
            begun_at=kept.born,
            changed_at=kept.changed,
            due_at=kept.due_at,
            refunds=[RefundStory(each.row, each.born, each.changed) for each in refunds],
            booked=[booked for booked in map(self._ledger.get, refs) if booked is not None],
        )

    async def violations(self) -> Mapping[str, int]:
        books = await self.books(None)
        due = Counter({f"capture:{each.id}": each.captured for each in books.payments.values()})
        due.update(
            {f"refund:{each.id}": each.amount for each in books.refunds.values() if each.state is RefundState.DONE}
        )
        off = 0
        for entry in (each.entry for each in self._ledger.values()):
            balance = Counter[str]()
            for each in entry.postings:
                balance[each.currency] += each.amount if each.side == "debit" else -each.amount
            off += any(balance.values())
        return {"I5": sum(due[ref] != books.booked.get(ref, 0) for ref in due), "I6": off}

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        for payment in self._payments.values():
            yield payment_fact(payment.row)
        for refund in self._refunds.values():
            yield refund_fact(refund.row)
        for each in self._ledger.values():
            yield ledger_fact(each.id, each.entry)
        for message in self._store.outbox_facts():
            yield {"kind": "outbox", **message}

    # --- the transaction

    async def lock(self, payment_id: UUID) -> Payment | None:
        found = self._payments.get(payment_id)
        return found.row if found else None

    async def add(self, payment: Payment) -> bool:
        if payment.id in self._payments:
            return False
        rivals = [each.row for each in self._payments.values() if each.row.order_id == payment.order_id]
        if payment.state not in OVER and any(each.state not in OVER for each in rivals):
            raise AnotherPaymentLives(payment.order_id)
        now = self._now()
        self._payments.put(payment.id, _Due(payment, now, now, now if payment.waiting else None))
        return True

    async def save(self, payment: Payment, *, after: float = 0.0) -> None:
        found = self._payments.get(payment.id)
        leased_until = found.leased_until if found and payment.lease else None
        due_at = self._now() + timedelta(seconds=after) if payment.waiting else None
        born = found.born if found else self._now()
        self._payments.put(payment.id, _Due(payment, born, self._now(), due_at, leased_until))

    async def lock_refund(self, refund_id: UUID) -> Refund | None:
        found = self._refunds.get(refund_id)
        return found.row if found else None

    async def refunds(self, payment_id: UUID) -> Sequence[Refund]:
        return [each.row for each in self._refunds.values() if each.row.payment_id == payment_id]

    async def add_refund(self, refund: Refund) -> None:
        self._refunds.put(refund.id, _Due(refund, self._now(), self._now(), self._now()))

    async def save_refund(self, refund: Refund, *, after: float = 0.0) -> None:
        found = self._refunds.get(refund.id)
        leased_until = found.leased_until if found and refund.lease else None
        waits = refund.state is RefundState.REQUESTED
        due_at = self._now() + timedelta(seconds=after) if waits else None
        born = found.born if found else self._now()
        self._refunds.put(refund.id, _Due(replace(refund, claimed_at=None), born, self._now(), due_at, leased_until))

    async def post(self, entry: Entry) -> None:
        if entry.ref in self._ledger:
            raise ValueError(f"{entry.ref} is booked already")
        balance: Counter[str] = Counter()
        for each in entry.postings:
            balance[each.currency] += each.amount if each.side == "debit" else -each.amount
        if any(balance.values()) or not entry.postings or any(each.amount <= 0 for each in entry.postings):
            raise ValueError(f"{entry.ref} does not balance")
        self._ledger.put(entry.ref, Booked(self._store.world.ids.uuid7(), self._now(), entry))

    async def by_intent(self, intent_id: str) -> UUID | None:
        return next((each.row.id for each in self._payments.values() if each.row.intent_id == intent_id), None)

    async def add_event(self, event: PspEvent) -> bool:
        if event.id in self._events:
            return False
        self._events.put(event.id, _Event(event, self._now(), self._now()))
        return True

    async def next_event(self) -> WaitingEvent | None:
        now = self._now()
        for each in self._events.values():
            if each.due_at is not None and each.due_at <= now:
                return WaitingEvent(each.event, each.received_at, now, each.tries)
        return None

    async def finish_event(self, event_id: str) -> None:
        if found := self._events.get(event_id):
            self._events.put(event_id, replace(found, due_at=None))

    async def put_off_event(self, event_id: str, *, after: float) -> None:
        if found := self._events.get(event_id):
            due_at = self._now() + timedelta(seconds=after)
            self._events.put(event_id, replace(found, due_at=due_at, tries=found.tries + 1))

    async def customer(self, owner: UUID) -> str | None:
        return self._customers.get(owner)

    async def add_customer(self, owner: UUID, customer: str) -> None:
        if owner not in self._customers:
            self._customers.put(owner, customer)

    async def method(self, method_id: UUID, *, owner: UUID) -> Method | None:
        found = self._methods.get(method_id)
        return found if found and found.user_id == owner else None

    async def methods(self, owner: UUID) -> Sequence[Method]:
        return [each for each in self._methods.values() if each.user_id == owner]

    async def add_method(self, method: Method) -> Method:
        for each in await self.methods(method.user_id):
            if each.card.provider_method_id == method.card.provider_method_id:
                return each
        self._methods.put(method.id, method)
        return method

    async def delete_method(self, method_id: UUID, *, owner: UUID) -> None:
        if await self.method(method_id, owner=owner):
            self._methods.delete(method_id)

    async def announce(self, *messages: Message) -> None:
        for message in messages:
            self._store.announce(message)

    def _now(self) -> datetime:
        return self._store.world.clock.now()
