"""One unit of work on the payment tables."""

from collections.abc import Sequence
from uuid import UUID

from chassis import outbox_table
from chassis.statements import Connection
from chassis.world import World
from contracts.message import Message
from sqlalchemy import text

from payment_service.adapters import payment_rows as rows
from payment_service.domain.ledger import Entry
from payment_service.domain.payment import Payment
from payment_service.domain.refund import Refund
from payment_service.domain.webhook import PspEvent
from payment_service.ports import AnotherPaymentLives, Method, WaitingEvent

LOCK = text(f"SELECT {rows.PAYMENT} FROM payment WHERE id = :id FOR UPDATE")  # noqa: S608 - our own column names
EXISTS = text("SELECT 1 FROM payment WHERE id = :id")
ADD = text(
    """
    INSERT INTO payment (id, order_id, amount, currency, state, customer, method, return_url, act_until, reason, trace,
                         due_at)
    VALUES (:id, :order_id, :amount, :currency, :state, :customer, :method, :return_url, :act_until, :reason, :trace,
            CASE WHEN :waiting THEN now() END)
    ON CONFLICT DO NOTHING
    """
)
SAVE = text(
    """
    UPDATE payment SET state = :state, session_id = :session_id, intent_id = :intent_id, page_url = :page_url,
        act_until = :act_until, void_requested = :void_requested, ending = :ending,
        unknown_since = CASE WHEN :unknown THEN coalesce(unknown_since, now()) END,
        reason = :reason, captured = :captured, refunded = :refunded,
        key_number = :key_number, attempts = :attempts,
        lease_token = CAST(:lease AS uuid),
        lease_until = CASE WHEN CAST(:lease AS uuid) IS NOT NULL THEN lease_until END,
        due_at = CASE WHEN :waiting THEN now() + make_interval(secs => :after) END,
        updated_at = now()
    WHERE id = :id
    """
)
LOCK_REFUND = text(f"SELECT {rows.REFUND} FROM refund WHERE id = :id FOR UPDATE")  # noqa: S608 - our own column names
REFUNDS = text(f"SELECT {rows.REFUND} FROM refund WHERE payment_id = :id ORDER BY id")  # noqa: S608 - as above
ADD_REFUND = text(
    "INSERT INTO refund (id, payment_id, amount, state, due_at) VALUES (:id, :payment_id, :amount, :state, now())"
)
SAVE_REFUND = text(
    """
    UPDATE refund SET state = :state, attempt = :attempt, look = :look, reason = :reason, tries = :tries,
        first_sent_at = :first_sent_at,
        lease_token = CAST(:lease AS uuid),
        lease_until = CASE WHEN CAST(:lease AS uuid) IS NOT NULL THEN lease_until END,
        due_at = CASE WHEN :waiting THEN now() + make_interval(secs => :after) END,
        updated_at = now()
    WHERE id = :id
    """
)
POST = text("INSERT INTO ledger_tx (id, kind, ref) VALUES (:id, :kind, :ref)")
POSTING = text(
    "INSERT INTO posting (tx, account, side, amount, currency) VALUES (:tx, :account, :side, :amount, :currency)"
)
BY_INTENT = text("SELECT id FROM payment WHERE intent_id = :intent_id")
ADD_EVENT = text(
    "INSERT INTO psp_event (id, type, intent_id, payment_id, refund_id)"
    " VALUES (:id, :type, :intent_id, :payment_id, :refund_id) ON CONFLICT (id) DO NOTHING"
)
NEXT_EVENT = text(
    "SELECT *, now() AS now FROM psp_event WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED"
)
FINISH_EVENT = text("UPDATE psp_event SET due_at = NULL WHERE id = :id")
PUT_OFF_EVENT = text(
    "UPDATE psp_event SET due_at = now() + make_interval(secs => :after), tries = tries + 1 WHERE id = :id"
)
CUSTOMER = text("SELECT provider_id FROM customer WHERE user_id = :user_id FOR UPDATE")
ADD_CUSTOMER = text(
    "INSERT INTO customer (user_id, provider_id) VALUES (:user_id, :customer) ON CONFLICT (user_id) DO NOTHING"
)
METHODS = "SELECT m.*, c.provider_id FROM payment_method m JOIN customer c USING (user_id) WHERE m.user_id = :user_id"
ONE_METHOD = text(f"{METHODS} AND m.id = :id")
ALL_METHODS = text(f"{METHODS} ORDER BY m.id")
SAME_METHOD = text(f"{METHODS} AND m.provider_method_id = :provider_method_id")
ADD_METHOD = text(
    "INSERT INTO payment_method (id, user_id, provider_method_id, brand, last4, exp_month, exp_year)"
    " VALUES (:id, :user_id, :provider_method_id, :brand, :last4, :exp_month, :exp_year)"
    " ON CONFLICT (user_id, provider_method_id) DO NOTHING"
)
DELETE_METHOD = text("DELETE FROM payment_method WHERE id = :id AND user_id = :user_id")


class PaymentTransaction:
    def __init__(self, connection: Connection, world: World) -> None:
        self._connection = connection
        self._world = world

    async def lock(self, payment_id: UUID) -> Payment | None:
        found = (await self._connection.execute(LOCK, {"id": payment_id})).first()
        return rows.to_payment(found) if found else None

    async def add(self, payment: Payment) -> bool:
        if (await self._connection.execute(ADD, rows.from_payment(payment))).rowcount == 1:
            return True
        # Not by the name of the index that refused it: of two who add the same payment at once the later one can meet
        # the order's live payment before it meets its own id.
        if (await self._connection.execute(EXISTS, {"id": payment.id})).first() is None:
            raise AnotherPaymentLives(payment.order_id)
        return False

    async def save(self, payment: Payment, *, after: float = 0.0) -> None:
        await self._connection.execute(SAVE, {**rows.from_payment(payment), "after": after})

    async def lock_refund(self, refund_id: UUID) -> Refund | None:
        found = (await self._connection.execute(LOCK_REFUND, {"id": refund_id})).first()
        return rows.to_refund(found) if found else None

    async def refunds(self, payment_id: UUID) -> Sequence[Refund]:
        return [rows.to_refund(row) for row in await self._connection.execute(REFUNDS, {"id": payment_id})]

    async def add_refund(self, refund: Refund) -> None:
        await self._connection.execute(ADD_REFUND, rows.from_refund(refund))

    async def save_refund(self, refund: Refund, *, after: float = 0.0) -> None:
        await self._connection.execute(SAVE_REFUND, {**rows.from_refund(refund), "after": after})

    async def post(self, entry: Entry) -> None:
        id_ = self._world.ids.uuid7()
        await self._connection.execute(POST, {"id": id_, "kind": entry.kind, "ref": entry.ref})
        postings = [
            {"tx": id_, "account": each.account, "side": each.side, "amount": each.amount, "currency": each.currency}
            for each in entry.postings
        ]
        if postings:
            await self._connection.execute(POSTING, postings)

    async def by_intent(self, intent_id: str) -> UUID | None:
        return (await self._connection.execute(BY_INTENT, {"intent_id": intent_id})).scalar_one_or_none()

    async def add_event(self, event: PspEvent) -> bool:
        values = {
            "id": event.id,
            "type": event.type,
            "intent_id": event.intent_id,
            "payment_id": event.payment_id,
            "refund_id": event.refund_id,
        }
        return (await self._connection.execute(ADD_EVENT, values)).rowcount == 1

    async def next_event(self) -> WaitingEvent | None:
        found = (await self._connection.execute(NEXT_EVENT)).first()
        return rows.to_waiting_event(found) if found else None

    async def finish_event(self, event_id: str) -> None:
        await self._connection.execute(FINISH_EVENT, {"id": event_id})

    async def put_off_event(self, event_id: str, *, after: float) -> None:
        await self._connection.execute(PUT_OFF_EVENT, {"id": event_id, "after": after})

    async def customer(self, owner: UUID) -> str | None:
        return (await self._connection.execute(CUSTOMER, {"user_id": owner})).scalar_one_or_none()

    async def add_customer(self, owner: UUID, customer: str) -> None:
        await self._connection.execute(ADD_CUSTOMER, {"user_id": owner, "customer": customer})

    async def method(self, method_id: UUID, *, owner: UUID) -> Method | None:
        found = (await self._connection.execute(ONE_METHOD, {"user_id": owner, "id": method_id})).first()
        return rows.to_method(found) if found else None

    async def methods(self, owner: UUID) -> Sequence[Method]:
        return [rows.to_method(row) for row in await self._connection.execute(ALL_METHODS, {"user_id": owner})]

    async def add_method(self, method: Method) -> Method:
        card = method.card
        same = {"user_id": method.user_id, "provider_method_id": card.provider_method_id}
        values = {
            **same,
            "id": method.id,
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
        }
        await self._connection.execute(ADD_METHOD, values)
        return rows.to_method((await self._connection.execute(SAME_METHOD, same)).one())

    async def delete_method(self, method_id: UUID, *, owner: UUID) -> None:
        await self._connection.execute(DELETE_METHOD, {"id": method_id, "user_id": owner})

    async def announce(self, *messages: Message) -> None:
        await outbox_table.announce(self._connection, *messages, world=self._world)
