"""The services of the model: the real use cases, one step at a time, on twins in memory.

A part's state is put into a fresh twin, one thing happens, and the state is taken out again in its plainest form:
without versions, times and attempts, which change nothing about what comes next. Each step is computed once.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from chassis.memory import MemoryStore
from chassis.messages import Outgoing
from chassis.world import World
from contracts.message import Message
from contracts.payment import PaymentActionRequired, PaymentCommand, PaymentEvent, PaymentRefunded, RefundFailed
from contracts.product import ProductCommand
from order_service.adapters.in_memory import InMemoryOrders
from order_service.domain import saga
from order_service.domain.address import Address
from order_service.domain.order import HistoryEntry, Line, Order, OrderOver, PaymentPage, Shipment
from order_service.domain.refund import RefundTooMuch, RefundWish
from order_service.domain.saga_table import Trigger, came_from
from order_service.domain.states import Command, State
from order_service.use_cases.advance_order import AdvanceOrder
from order_service.use_cases.cancel_order import CancelOrder
from order_service.use_cases.refund_order import RefundOrder

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORDER_ID, SOMEBODY, METHOD_ID = UUID(int=1), UUID(int=2), UUID(int=5)
PAGE = PaymentPage("https://pay.example/page", NOW + timedelta(minutes=31))
TOTAL = 2


class Stopped:
    """Time stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits in the model")


@dataclass
class Ids:
    """Every new thing has the id that is named here."""

    id: UUID = field(default_factory=lambda: UUID(int=3))

    def uuid7(self) -> UUID:
        return self.id


class Deaf:
    """Counts nothing. The provider never says what does not fit, or the model has found a hole."""

    def surprise(self) -> None:
        raise AssertionError("the provider's word does not fit ours")

    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments, **_more: None


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """To the end, without an event loop: nobody has to wait for anybody."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("somebody waits")


WORDS: dict[str, type[Message]] = {
    each.routing_key(): each
    for kind in (PaymentCommand, PaymentEvent, ProductCommand)
    for each in kind.__subclasses__()
}
"""What the model listens to; news for others is none of its business."""


def content(outgoing: Outgoing) -> Message | None:
    word = WORDS.get(outgoing.routing_key)
    return word.model_validate(outgoing.envelope.data) if word else None


# --- order


def new_order(*, hosted: bool) -> Order:
    return Order(
        id=ORDER_ID,
        user_id=SOMEBODY,
        cart_id=UUID(int=4),
        idempotency_key="key",
        request_hash="hash",
        currency="EUR",
        lines=(Line("MUG", "Mug", 1, TOTAL),),
        shipping=0,
        tax=0,
        discount=0,
        quote_hash="quote",
        address=Address("Ada", "Street 1", None, "Berlin", "10115", "DE", None),
        shipping_method="standard",
        method_id=None if hosted else METHOD_ID,
        return_url="https://shop.example/back" if hosted else None,
        placed_at=NOW,
        state=State.PENDING,
        version=1,
        history=(HistoryEntry(1, None, State.PENDING, "placed", NOW),),
        awaits=frozenset({Command.RESERVE_STOCK}),
        next_action_at=NOW,
        cancel_keys=NoKeys(),
    )


class NoKeys(dict[str, Any]):
    """A request's key only tells a repeat from a new wish; the model wishes anew each time."""

    def __hash__(self) -> int:
        return 0


def plain(order: Order) -> Order:
    """What matters for every later step."""
    before = came_from(order)
    refunds = (replace(each, version=1, settled_in=each.settled_in and 1, at=NOW, key="") for each in order.refunds)
    return replace(
        order,
        version=1,
        history=(HistoryEntry(1, before, order.state, "so far", NOW),),
        tries=0,
        next_action_at=order.next_action_at and NOW,
        refunds=tuple(refunds),
        cancel_keys=NoKeys(),
    )


@dataclass(frozen=True)
class Said:
    """What a step leads to: the order then, and what it has told others."""

    order: Order
    says: tuple[Message, ...]


class OrderPart:
    """One order and its saga. What the table does not know is None."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Said | None] = {}

    def known(self) -> list[tuple[tuple[Any, ...], Said | None]]:
        """Every step that was computed."""
        return list(self._known.items())

    def step(self, order: Order, cause: "Trigger | PaymentEvent | str", amount: int = 0) -> Said | None:
        key = (order, cause, amount)
        if key not in self._known:
            self._known[key] = self._step(order, cause, amount)
        return self._known[key]

    def _step(self, order: Order, cause: "Trigger | PaymentEvent | str", amount: int) -> Said | None:
        store, ids = MemoryStore(World(clock=Stopped())), Ids(uuid5(ORDER_ID, f"refund:{len(order.refunds)}"))
        world = World(clock=Stopped(), ids=ids)
        orders = InMemoryOrders(store)
        run(orders.add(order, ()))
        run(_cause(orders, world, order, cause, amount))
        after = run(orders.any(ORDER_ID))
        assert after is not None
        if after == order:
            return None
        return Said(plain(after), tuple(each for each in map(content, store.announced) if each is not None))


async def _cause(orders: InMemoryOrders, world: World, order: Order, cause: Any, amount: int) -> None:
    match cause:
        case Trigger.CANCEL:
            try:
                await CancelOrder(orders, world)(ORDER_ID, user_id=SOMEBODY, key="a new key")
            except OrderOver:
                return
        case Trigger.REFUND:
            wish = RefundWish(amount=amount or None)
            try:
                await RefundOrder(orders, world)(ORDER_ID, wish, by=SOMEBODY, key="a new key", request_hash="")
            except (OrderOver, RefundTooMuch):
                return
        case Trigger.SHIP | Trigger.DELIVER | Trigger.GIVE_UP:
            step = saga.advance(order, cause, now=NOW)
            if step is not None:
                sent = replace(step.order, shipment=step.order.shipment or Shipment("Post", "TR-1", NOW))
                await orders.save(sent if cause is Trigger.SHIP else step.order, step.says)
        case PaymentEvent():
            await _payment_reply(orders, world, cause)
        case _:
            await AdvanceOrder(orders, Deaf(), world)(ORDER_ID, Trigger(cause))


TRIGGERS = {
    "PaymentAuthorized": Trigger.AUTHORIZED,
    "PaymentDeclined": Trigger.DECLINED,
    "PaymentCaptured": Trigger.CAPTURED,
    "PaymentCaptureFailed": Trigger.CAPTURE_FAILED,
    "PaymentVoided": Trigger.VOIDED,
    "PaymentActionRequired": Trigger.ACTION_REQUIRED,
    "PaymentRefunded": Trigger.REFUNDED,
    "RefundFailed": Trigger.REFUND_FAILED,
}


async def _payment_reply(orders: InMemoryOrders, world: World, reply: PaymentEvent) -> None:
    """As the consumer passes it on."""
    more: dict[str, Any] = {"payment_id": reply.payment_id}
    if isinstance(reply, PaymentActionRequired):
        more["page"] = PaymentPage(reply.url, reply.expires_at)
    if isinstance(reply, PaymentRefunded | RefundFailed):
        more["refund_id"] = reply.refund_id
    if isinstance(reply, PaymentRefunded):
        more["refunded"] = reply.amount
    await AdvanceOrder(orders, Deaf(), world)(ORDER_ID, TRIGGERS[type(reply).__name__], **more)
