"""Order wired on its twins, at a time that the test moves, with a product service that the test stocks."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from chassis.auth import NotSignedIn, Principal
from chassis.messages import Envelope
from chassis.world import World
from order_service.domain.address import Address
from order_service.domain.cart import Cart
from order_service.domain.order import Order, PaymentPage, place, storable
from order_service.domain.quote import Offer, Quote, make_quote
from order_service.domain.refund import RefundWish
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Command, State
from order_service.settings import OrderSettings
from order_service.use_cases.place_order import Checkout
from order_service.wiring import OrderService, in_memory

ADA = UUID("0190a000-0000-7000-8000-000000000001")
SAM = UUID("0190a000-0000-7000-8000-00000000005a")
"""Of the staff."""
BOB = UUID("0190a000-0000-7000-8000-000000000002")
CARD = UUID("0190a000-0000-7000-8000-0000000000cc")
HOME = Address("Ada Lovelace", "Unter den Linden 1", None, "Berlin", "10117", "DE", "+49 30 123456")
KEY = "a-key-of-this-very-wish"
PROGRESSED = "OrderProgressed.v1"
TEA, CUP = "TEA-1", "CUP-2"

PATHS: Mapping[str, Sequence[Trigger]] = {
    "PENDING": (),
    "RESERVED": (Trigger.STOCK_RESERVED,),
    "AUTHORIZED": (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED),
    "COMMITTED": (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED),
    "CONFIRMED": (Trigger.STOCK_RESERVED, Trigger.AUTHORIZED, Trigger.STOCK_COMMITTED, Trigger.CAPTURED),
    "AWAITING_CUSTOMER": (Trigger.STOCK_RESERVED, Trigger.ACTION_REQUIRED),
    "CANCELLED": (Trigger.STOCK_REJECTED,),
}
"""The replies that bring a new order into each state."""
AWAITS: Mapping[State, frozenset[Command]] = {
    State.PENDING: frozenset({Command.RESERVE_STOCK}),
    State.RESERVED: frozenset({Command.AUTHORIZE_PAYMENT}),
    State.AUTHORIZED: frozenset({Command.COMMIT_STOCK}),
    State.COMMITTED: frozenset({Command.CAPTURE_PAYMENT}),
    State.CONFIRMED: frozenset(),
    State.CANCELLED: frozenset(),
    State.AWAITING_CUSTOMER: frozenset({Command.AUTHORIZE_PAYMENT}),
    State.REFUNDING: frozenset({Command.REFUND_PAYMENT}),
}
PAGE = "https://pay.example/cs_1"


@dataclass
class HandClock:
    """A clock that the test moves."""

    time: datetime = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def move(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@dataclass
class Shelf:
    """The product service's answer to a quote: what is on the shelf, or what is wrong with it today."""

    prices: dict[str, int] = field(default_factory=lambda: {TEA: 450, CUP: 1250})
    available: int = 10
    down: bool = False
    answers: Any = None
    """Said instead of a quote, when there is something."""
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("nobody is there")
        if self.answers is not None:
            return self.answers
        question = json.loads(request.content)
        assert request.url.path == "/internal/quote"
        self.asked.append(question)
        lines = [self.offer(each["sku"]) for each in question["lines"] if each["sku"] in self.prices]
        return httpx2.Response(200, json={"currency": question["currency"], "lines": lines})

    def offer(self, sku: str) -> dict[str, Any]:
        return {
            "sku": sku,
            "product_slug": sku.lower(),
            "name": f"A {sku}",
            "options": {"size": "M"},
            "picture": f"/pictures/{sku}.svg",
            "unit_price": self.prices[sku],
            "available": self.available,
        }


@dataclass
class Tokens:
    """Believes tokens that are a name."""

    people: dict[str, UUID] = field(default_factory=lambda: {"ada": ADA, "bob": BOB, "sam": SAM})

    async def __call__(self, token: str) -> Principal:
        if token not in self.people:
            raise NotSignedIn
        roles = {"support"} if token == "sam" else {"customer"}
        return Principal(self.people[token], uuid4(), frozenset(roles))


@dataclass
class Till:
    """A customer at the till, and the replies of the others."""

    service: OrderService
    clock: HandClock

    async def cart(self, *, user: UUID | None = ADA, currency: str = "EUR", **lines: int) -> Cart:
        """A new cart; lines by SKU, with an underscore for the dash."""
        cart = await self.service.open_cart(user_id=user, currency=currency)
        for sku, quantity in (lines or {"TEA_1": 2}).items():
            cart = await self.service.put_line(cart.id, sku=sku.replace("_", "-"), quantity=quantity, user_id=user)
        return cart

    async def quote(self, cart: Cart, *, country: str = "DE", method: str = "standard") -> Quote:
        return await self.service.make_quote(cart.id, country=country, shipping_method=method, user_id=cart.user_id)

    async def wish(self, cart: Cart | None = None, **changes: Any) -> Checkout:
        """What the customer would send for a cart, agreed as quoted."""
        cart = cart or await self.cart()
        quote_hash = changes.pop("quote_hash", None) or (await self.quote(cart)).hash
        wish = Checkout(
            user_id=ADA,
            cart_id=cart.id,
            address=HOME,
            shipping_method="standard",
            method_id=CARD,
            return_url=None,
            quote_hash=quote_hash,
            key=KEY,
            request_hash="f" * 64,
        )
        return replace(wish, **changes)

    async def placed(self, **changes: Any) -> Order:
        changes.setdefault("key", f"key-{uuid4()}")
        return (await self.service.place_order(await self.wish(**changes))).order

    async def reply(self, order: Order, *triggers: Trigger) -> Order:
        """The others answer, as their messages would."""
        for trigger in triggers:
            money = trigger.value.startswith(("Payment", "Refund"))
            refund = trigger in {Trigger.REFUNDED, Trigger.REFUND_FAILED}
            asked = (await self.look(order)).open_refund
            page = PaymentPage(PAGE, storable(self.clock.now() + timedelta(minutes=31)))
            await self.service.advance_order(
                order.id,
                trigger,
                payment_id=order.payment_id if money else None,
                refund_id=(asked.id if asked else order.cancel_refund_id) if refund else None,
                refunded=order.total if trigger is Trigger.REFUNDED else 0,
                page=page if trigger is Trigger.ACTION_REQUIRED else None,
            )
        return await self.look(order)

    async def order_in(self, state: str, **changes: Any) -> Order:
        return await self.reply(await self.placed(**changes), *PATHS[state])

    async def cancel(self, order: Order, *, key: str = KEY, user: UUID = ADA) -> Order:
        return (await self.service.cancel_order(order.id, user_id=user, key=key)).order

    async def ship(self, order: Order, *, tracking: str = "TR-1") -> Order:
        return await self.service.ship_order(order.id, carrier="Post", tracking=tracking)

    async def deliver_parcel(self, order: Order) -> Order:
        return await self.service.deliver_order(order.id)

    async def refund(
        self, order: Order, *, key: str = KEY, by: UUID = SAM, request_hash: str = "f" * 64, **wish: Any
    ) -> Order:
        wanted = RefundWish(**{"reason": "broken", **wish})
        return (await self.service.refund_order(order.id, wanted, by=by, key=key, request_hash=request_hash)).order

    async def look(self, order: Order) -> Order:
        found = await self.service.place_order.orders.any(order.id)
        assert found is not None
        return found

    def said(self) -> list[str]:
        """The types of all that the service has said so far."""
        return [each.type.removesuffix(".v1") for each in self.messages()]

    def messages(self) -> list[Envelope]:
        """All but the progress that is told to those who watch: it goes along with everything."""
        return [each for each in self._announced() if each.type != PROGRESSED]

    def progress(self) -> list[str]:
        """The states that were told to those who watch."""
        return [each.data["state"] for each in self._announced() if each.type == PROGRESSED]

    def _announced(self) -> list[Envelope]:
        return [each.envelope for each in self.service.outbox.store.announced]  # type: ignore[union-attr]

    async def deliver(self) -> list[str]:
        """The relay's work: everything that is due leaves; its types."""
        return [type_ for type_, _ in await self.deliver_messages()]

    async def deliver_messages(self) -> list[tuple[str, Envelope]]:
        """The same, with the messages."""
        async with self.service.outbox.lead() as queue:  # type: ignore[union-attr]
            due = await queue.due()
            await queue.settle(confirmed=[each.id for each in due], refused=[])
        left = [each.envelope for each in due if each.envelope.type != PROGRESSED]
        return [(each.type.removesuffix(".v1"), each) for each in left]

    async def sweep(self) -> int:
        """Until nothing is due; how many orders were."""
        count = 0
        while await self.service.sweep():
            count += 1
        return count

    def count(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(clock=clock)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def transport(shelf: Shelf) -> httpx2.AsyncBaseTransport:
    return httpx2.MockTransport(shelf.answer)


@pytest.fixture
def settings() -> OrderSettings:
    return OrderSettings(
        checkouts_per_minute=10_000,
        checkouts_at_once=1_000,
        mongo_url="mongodb://unused",
        broker_url="amqp://unused",
        user_url="http://unused",
        product_url="http://product",
        cart_secret="c" * 32,
        development_door=True,
    )


@pytest.fixture
def service(settings: OrderSettings, world: World, transport: httpx2.AsyncBaseTransport) -> OrderService:
    return in_memory(settings, world, transport=transport)


@pytest.fixture
def till(service: OrderService, clock: HandClock) -> Till:
    return Till(service, clock)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
async def documents(fresh_mongo: Any) -> AsyncGenerator[Any]:
    """A MongoDB of one's own, with our schema."""
    from chassis.documents import Documents
    from order_service.adapters.schema import make_schema

    opened = Documents(fresh_mongo.url, fresh_mongo.database)
    await make_schema(opened)
    yield opened
    await opened.close()


@pytest.fixture
def an_order(clock: HandClock) -> Callable[..., Order]:
    """An order in any state, as if it had come there; never stored."""

    def an_order(state: State = State.PENDING, **changes: Any) -> Order:
        offer = Offer(TEA, "tea", "Tea", {}, "/tea.svg", 450, 10)
        fresh = place(
            make_quote(currency="EUR", country="DE", shipping_method="standard", basket=[(offer, 2)]),
            order_id=changes.pop("id", None) or World().ids.uuid7(),
            user_id=changes.pop("user_id", ADA),
            cart_id=changes.pop("cart_id", None) or uuid4(),
            key=changes.pop("idempotency_key", None) or f"key-{uuid4()}",
            request_hash="f" * 64,
            address=HOME,
            method_id=CARD,
            now=clock.now(),
            retry_at=clock.now() + timedelta(seconds=5),
        )
        if state is State.PENDING and not changes:
            return fresh
        entered = replace(fresh.history[0], version=2, before=State.PENDING, after=state, trigger="test")
        history = fresh.history if state is State.PENDING else (*fresh.history, entered)
        return replace(
            fresh,
            state=state,
            history=history,
            version=len(history),
            **{"awaits": AWAITS.get(state, frozenset()), **changes},
        )

    return an_order
