"""Payments in PostgreSQL. Every time that decides something is the database's own."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.database import Database
from chassis.world import World
from sqlalchemy import text

from payment_service.adapters import payment_rows as rows
from payment_service.adapters.facts import ledger_fact, payment_fact, refund_fact
from payment_service.adapters.payment_transaction import PaymentTransaction
from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund
from payment_service.ports import Books, PaymentStory, Work

FREE = "due_at <= now() AND (lease_until IS NULL OR lease_until <= now())"
# A lease that was never given back belonged to somebody who died: what their call did is unknown.
CLAIM = text(
    f"""
    UPDATE payment SET lease_token = :lease, lease_until = now() + make_interval(secs => :seconds),
        unknown_since = CASE WHEN lease_token IS NULL THEN unknown_since ELSE coalesce(unknown_since, now()) END
    WHERE id = (SELECT id FROM payment WHERE {FREE}
                ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING {rows.PAYMENT}
    """  # noqa: S608 - made of our own column names
)
CLAIM_REFUND = text(
    f"""
    UPDATE refund SET lease_token = :lease, lease_until = now() + make_interval(secs => :seconds),
        first_sent_at = coalesce(first_sent_at, now())
    WHERE id = (SELECT id FROM refund WHERE {FREE}
                ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING {rows.REFUND}, now() AS claimed_at
    """  # noqa: S608 - made of our own column names
)
# Hands look much more often than they find anything: one statement, and no transaction.
DUE = text(
    f"SELECT EXISTS (SELECT FROM payment WHERE {FREE}) AS payment,"  # noqa: S608 - made of our own words
    f" EXISTS (SELECT FROM refund WHERE {FREE}) AS refund,"
    " EXISTS (SELECT FROM psp_event WHERE due_at <= now()) AS event"
)
UNSETTLED = text(
    "SELECT (SELECT count(*) FROM payment WHERE due_at IS NOT NULL"
    " AND (state <> 'REQUIRES_ACTION' OR unknown_since IS NOT NULL))"
    " + (SELECT count(*) FROM refund WHERE due_at IS NOT NULL)"
)
FORGET_EVENTS = text(
    "DELETE FROM psp_event WHERE id IN (SELECT id FROM psp_event"
    " WHERE due_at IS NULL AND received_at < now() - CAST(:kept AS interval) LIMIT 1000 FOR UPDATE SKIP LOCKED)"
)
LEDGER = text(
    "SELECT t.id, t.kind, t.ref, p.account, p.side, p.amount, p.currency"
    " FROM ledger_tx t JOIN posting p ON p.tx = t.id ORDER BY t.id, p.id"
)
OF_ORDER = text(
    f"SELECT {rows.PAYMENT}, created_at, updated_at, due_at FROM payment"  # noqa: S608 - our own column names
    " WHERE order_id = :order_id ORDER BY id"
)
REFUNDS_OF = text(
    f"SELECT {rows.REFUND}, created_at, updated_at FROM refund"  # noqa: S608 - our own column names
    " WHERE payment_id = ANY(:payments) ORDER BY id"
)
BOOKED_FOR = text(
    "SELECT t.id, t.kind, t.ref, t.at, p.account, p.side, p.amount, p.currency"
    " FROM ledger_tx t JOIN posting p ON p.tx = t.id WHERE t.ref = ANY(:refs) ORDER BY t.id, p.id"
)
# Each row beside what is booked for it, in one statement: both are of the same moment.
BOOKED = """
    (SELECT sum(p.amount)::bigint FROM ledger_tx t JOIN posting p ON p.tx = t.id WHERE p.side = 'debit' AND t.ref =
"""
SINCE = "WHERE CAST(:since AS timestamptz) IS NULL OR created_at >= :since"
PAYMENTS_SINCE = text(
    f"SELECT {rows.PAYMENT}, {BOOKED} 'capture:' || payment.id) AS booked FROM payment {SINCE}"  # noqa: S608 - ours
)
REFUNDS_SINCE = text(
    f"SELECT {rows.REFUND}, {BOOKED} 'refund:' || refund.id) AS booked FROM refund {SINCE}"  # noqa: S608 - ours
)
# All of the books, which takes longer than a customer may be kept waiting.
PATIENT = text("SET LOCAL statement_timeout = '1min'")
VIOLATIONS = text(
    f"""
    SELECT
      (SELECT count(*) FROM payment WHERE captured <> coalesce({BOOKED} 'capture:' || payment.id), 0))
      + (SELECT count(*) FROM refund WHERE
         CASE state WHEN 'DONE' THEN amount ELSE 0 END <> coalesce({BOOKED} 'refund:' || refund.id), 0)) AS i5,
      (SELECT count(*) FROM (SELECT FROM posting GROUP BY tx, currency
        HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0) AS unbalanced) AS i6
    """  # noqa: S608 - made of our own words
)
OUTBOX = text(
    "SELECT id, routing_key AS type, aggregate_id, published_at IS NOT NULL AS published,"
    " created_at AS at, published_at AS sent_at FROM outbox ORDER BY id"
)


class PaymentTables:
    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._world = world

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[PaymentTransaction]:
        async with self._database.transaction() as connection:
            yield PaymentTransaction(connection, self._world)

    async def due(self) -> Collection[Work]:
        async with self._database.reading() as connection:
            found = (await connection.execute(DUE)).one()
        return [work for work in Work if found[work]]

    async def claim(self, lease: UUID, *, seconds: float) -> Payment | None:
        async with self._database.transaction() as connection:
            found = (await connection.execute(CLAIM, {"lease": lease, "seconds": seconds})).first()
        return rows.to_payment(found) if found else None

    async def claim_refund(self, lease: UUID, *, seconds: float) -> Refund | None:
        async with self._database.transaction() as connection:
            found = (await connection.execute(CLAIM_REFUND, {"lease": lease, "seconds": seconds})).first()
        return rows.to_refund(found, claimed_at=found.claimed_at) if found else None

    async def unsettled(self) -> int:
        async with self._database.reading() as connection:
            return (await connection.execute(UNSETTLED)).scalar_one()

    async def forget_events(self, *, kept: timedelta) -> int:
        async with self._database.transaction() as connection:
            return (await connection.execute(FORGET_EVENTS, {"kept": kept})).rowcount

    async def books(self, since: datetime | None) -> Books:
        async with self._database.reading() as connection:
            payments = (await connection.execute(PAYMENTS_SINCE, {"since": since})).all()
            refunds = (await connection.execute(REFUNDS_SINCE, {"since": since})).all()
        booked = [(f"capture:{row.id}", row.booked) for row in payments]
        booked += [(f"refund:{row.id}", row.booked) for row in refunds]
        return Books(
            payments={row.id: rows.to_payment(row) for row in payments},
            refunds={row.id: rows.to_refund(row) for row in refunds},
            booked={ref: amount for ref, amount in booked if amount is not None},
        )

    async def of_order(self, order_id: UUID) -> Sequence[PaymentStory]:
        async with self._database.reading() as connection:
            payments = (await connection.execute(OF_ORDER, {"order_id": order_id})).all()
            ids = [row.id for row in payments]
            refunds = (await connection.execute(REFUNDS_OF, {"payments": ids})).all()
            refs = [*(f"capture:{id_}" for id_ in ids), *(f"refund:{row.id}" for row in refunds)]
            booked = (await connection.execute(BOOKED_FOR, {"refs": refs})).all()
        return [rows.to_story(row, refunds, booked) for row in payments]

    async def violations(self) -> Mapping[str, int]:
        async with self._database.transaction() as connection:
            await connection.execute(PATIENT)
            found = (await connection.execute(VIOLATIONS)).one()
        return {"I5": found.i5, "I6": found.i6}

    async def facts(self) -> AsyncIterator[dict[str, Any]]:
        async with self._database.transaction() as connection:
            async for row in await connection.stream(rows.ALL_PAYMENTS):
                yield payment_fact(rows.to_payment(row))
            async for row in await connection.stream(rows.ALL_REFUNDS):
                yield refund_fact(rows.to_refund(row))
            for id_, entry in rows.to_entries((await connection.execute(LEDGER)).all()):
                yield ledger_fact(id_, entry)
            async for row in await connection.stream(OUTBOX):
                yield {"kind": "outbox", **dict(row), "id": str(row.id)}
