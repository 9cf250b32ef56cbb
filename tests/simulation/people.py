"""Those who use the shop: they register, buy, think better of it, pay, and ask again under the same key when no answer
comes. Staff ships, gives money back and fills shelves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID, uuid5

from chassis.auth import Principal
from chassis.idempotency import fingerprint
from order_service.domain.address import Address
from order_service.domain.refund import Piece, RefundWish
from order_service.domain.states import State
from order_service.use_cases.place_order import Checkout
from product_service.domain.stock import Entry
from testkit.verify.journal import ORDERS, Journal

from tests.simulation.houses import GOODS, SHOP
from tests.simulation.network import Ask, NoAnswer
from tests.simulation.street import Street

ADDRESS = Address("Ada", "1 Street", None, "Berlin", "10115", "DE", None)
TRIES = 6
GOOD, DECLINED, ASKS = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"
CARDS = (GOOD, GOOD, GOOD, DECLINED, ASKS)
PAGE_CARDS = (GOOD, GOOD, DECLINED, ASKS)
PASSWORD = "nobody signs in here"
PROBLEM = "application/problem+json"
PAID = (State.CONFIRMED, State.SHIPPED, State.DELIVERED)


class Refusal(Exception):
    """The shop said no, and meant it."""


@dataclass(slots=True)
class Person:
    """Somebody with an address, perhaps saved cards, and the orders that they know of."""

    street: Street
    random: Random
    name: str
    journal: Journal
    user_id: UUID | None = None
    cards: dict[str, UUID] = field(default_factory=dict)
    orders: list[UUID] = field(default_factory=list)
    keys: int = 0

    @property
    def email(self) -> str:
        return f"{self.name}@people.example"

    def key(self) -> str:
        self.keys += 1
        return f"{self.name}-key-{self.keys:04}-padding"

    async def ask(self, service: str, what: str, ask: Ask, *, order_id: UUID | None = None) -> Any:
        """Until there is an answer, or patience ends. Raises Refusal, NoAnswer."""
        for attempt in range(TRIES):
            try:
                return await self.street.network.ask(
                    service, what, ask, who=self.name, order_id=str(order_id) if order_id else ""
                )
            except NoAnswer:
                await asyncio.sleep(self.random.random() * 2.0**attempt)
            except Exception as refused:
                raise Refusal(type(refused).__name__) from refused
        raise NoAnswer

    # --- an account

    async def join(self) -> None:
        """Register, read the mail, prove the address. Asked twice, it is one account."""

        async def register(user: Any) -> None:
            await user.register(email=self.email, name=self.name, password=PASSWORD, locale="en", network=self.name)

        await self.ask("user", "register", register)

    async def prove(self) -> bool:
        """With the newest mail that came, when one came."""
        tokens = self.street.ground.mail.tokens.get(self.email, [])
        if not tokens:
            return False

        async def verify(user: Any) -> None:
            await user.verify_email(token=tokens[-1])

        try:
            await self.ask("user", "verify", verify)
        except Refusal:
            return False
        return True

    async def save_card(self, card: str) -> None:
        assert self.user_id is not None  # only those who have joined buy
        owner = self.user_id

        async def add(payment: Any) -> Any:
            return await payment.add_payment_method(owner, provider_token=card)

        self.cards[card] = (await self.ask("payment", "save card", add)).id

    async def rename(self) -> None:
        owner, name = self.user_id, f"{self.name} {self.random.randrange(1000)}"

        async def change(user: Any) -> None:
            await user.change_profile(user_id=owner, name=name, locale=None, phone=None, forget_phone=False)

        await self.ask("user", "rename", change)

    # --- buying

    async def fill(self) -> Any:
        """The present cart, with something in it."""
        owner, sku = self.user_id, self.random.choice(tuple(GOODS))
        quantity = self.random.choice((1, 1, 1, 2))

        async def cart(order: Any) -> Any:
            return await order.current_cart(owner)

        found = await self.ask("order", "cart", cart)

        async def put(order: Any) -> Any:
            return await order.put_line(found.id, sku=sku, quantity=quantity, user_id=owner)

        return await self.ask("order", f"put {quantity} {sku}", put)

    async def buy(self) -> None:
        """Fill a cart and buy it, by a saved card or on the provider's page; now and then in two tabs at once."""
        cart = await self.fill()
        owner = self.user_id

        async def quote(order: Any) -> Any:
            return await order.make_quote(cart.id, country="DE", shipping_method="standard", user_id=owner)

        quoted = await self.ask("order", "quote", quote)
        method = self.random.choice((*self.cards.values(), None))
        tabs = 2 if self.random.random() < 0.1 else 1
        await asyncio.gather(*(self._check_out(cart, quoted, method, self.key()) for _ in range(tabs)))

    async def _check_out(self, cart: Any, quoted: Any, method: UUID | None, key: str) -> None:
        assert self.user_id is not None  # only those who have joined buy
        wish = Checkout(
            user_id=self.user_id,
            cart_id=cart.id,
            address=ADDRESS,
            shipping_method="standard",
            method_id=method,
            return_url=None if method else f"{SHOP}/checkout/return",
            quote_hash=quoted.hash,
            key=key,
            request_hash=fingerprint("POST", "orders", {"cart": str(cart.id), "quote": quoted.hash}),
        )

        async def place(order: Any) -> Any:
            return (await order.place_order(wish)).order

        said = {"method": "POST", "path": ORDERS, "user": str(self.user_id), "idempotency_key": key}
        # Written before the answer: what was asked for and never answered was asked for all the same.
        self.journal.answers.append({**said, "status": 504, "content_type": PROBLEM})
        try:
            order = await self.ask("order", "check out", place)
        except Refusal:
            self.journal.answers.append({**said, "status": 409, "content_type": PROBLEM})
            return
        body = f"{order.id} {order.number} {order.total} {order.state} {order.version}"
        answer = {"order_id": str(order.id), "answer_hash": sha256(body.encode()).hexdigest()}
        self.journal.answers.append({**said, **answer, "status": 202, "quoted_total": quoted.total})
        if order.id not in self.orders:
            self.orders.append(order.id)

    async def look(self, order_id: UUID) -> Any:
        owner = self.user_id

        async def see(order: Any) -> Any:
            return await order.see_order(order_id, user_id=owner)

        return await self.ask("order", "look", see, order_id=order_id)

    async def cancel(self, order_id: UUID | None = None) -> None:
        order_id, owner, key = order_id or self._one_of_mine(), self.user_id, self.key()
        if order_id is None:
            return

        async def cancel(order: Any) -> Any:
            return (await order.cancel_order(order_id, user_id=owner, key=key)).order

        order = await self.ask("order", "cancel", cancel, order_id=order_id)
        self._note(f"{ORDERS}/{order_id}/cancel", key, order)

    async def pay(self, order_id: UUID | None = None, card: str | None = None) -> None:
        """On the provider's page, where an order waits for that."""
        order_id = order_id or self._one_of_mine()
        if order_id is None:
            return
        order = await self.look(order_id)
        if order.payment_url is None:
            return
        kind, _, about = order.payment_url.removeprefix("https://provider.example/").partition("/")
        provider, trace = self.street.provider, self.street.ground.trace
        if kind == "pay":
            card = card or self.random.choice(PAGE_CARDS)
            trace.note(self.name, "provider", f"pays with {card[8:]}", order_id=str(order_id))
            provider.pay(about, card)
        else:
            proven = card is not None or self.random.random() < 0.8
            trace.note(self.name, "provider", "proves who pays" if proven else "will not prove", order_id=str(order_id))
            provider.act(about, proven=proven)

    async def look_around(self) -> None:
        order_id = self._one_of_mine()
        if order_id is not None:
            await self.look(order_id)

    def _one_of_mine(self) -> UUID | None:
        return self.random.choice(self.orders[-4:]) if self.orders else None

    def _note(self, path: str, key: str, order: Any) -> None:
        body = f"{order.id} {order.state} {order.version}"
        said = {"method": "POST", "path": path, "user": str(self.user_id), "idempotency_key": key, "status": 202}
        self.journal.answers.append({**said, "answer_hash": sha256(body.encode()).hexdigest()})

    async def live(self, pace: float) -> None:
        """Do this and that until everything has happened."""
        deeds: Mapping[Callable[[], Awaitable[None]], int] = {
            self.buy: 9,
            self.pay: 6,
            self.cancel: self.random.choice((0, 2, 5)),
            self.look_around: 1,
            self.rename: 1,
        }
        while self.street.ground.steps.left > 0:
            await asyncio.sleep(pace * self.random.random())
            (deed,) = self.random.choices(tuple(deeds), tuple(deeds.values()))
            await attempt(deed)


@dataclass(slots=True)
class Clerk:
    """Staff, who may touch everybody's orders."""

    person: Person
    buyers: list[Person]

    @property
    def id(self) -> UUID:
        return uuid5(UUID(int=0), self.person.name)

    async def restock(self) -> None:
        sku, key = self.person.random.choice(tuple(GOODS)), self.person.key()
        by = Principal(self.id, self.id, frozenset({"admin"}))

        async def adjust(product: Any) -> None:
            await product.adjust_stock(sku=sku, entry=Entry.RESTOCK, quantity=1, reason="delivered", by=by, key=key)

        await self.person.ask("product", f"restock {sku}", adjust)

    async def ship(self) -> None:
        order_id = await self._somebodys(State.CONFIRMED, State.REFUNDING)

        async def ship(order: Any) -> None:
            await order.ship_order(order_id, carrier="DHL", tracking=f"T{order_id}")

        if order_id is not None:
            await self.person.ask("order", "ship", ship, order_id=order_id)

    async def deliver(self) -> None:
        order_id = await self._somebodys(State.SHIPPED, State.REFUNDING)

        async def deliver(order: Any) -> None:
            await order.deliver_order(order_id)

        if order_id is not None:
            await self.person.ask("order", "deliver", deliver, order_id=order_id)

    async def cancel(self) -> None:
        order_id, key = await self._somebodys(State.COMMITTED, State.CONFIRMED), self.person.key()

        async def cancel(order: Any) -> None:
            await order.cancel_any_order(order_id, staff_id=self.id, key=key)

        if order_id is not None:
            await self.person.ask("order", "cancel (staff)", cancel, order_id=order_id)

    async def refund(self) -> None:
        """Some of it or all that is left; goods that have been shipped may come back."""
        order_id, key = await self._somebodys(*PAID), self.person.key()
        if order_id is None:
            return

        async def see(order: Any) -> Any:
            return await order.see_any_order(order_id)

        found = await self.person.ask("order", "look (staff)", see, order_id=order_id)
        back = found.state in {State.SHIPPED, State.DELIVERED} and self.person.random.random() < 0.6
        pieces = tuple(Piece(line.sku, 1) for line in found.lines[:1]) if back else ()
        amount = None if self.person.random.random() < 0.4 else self.person.random.randint(1, 500)
        wish = RefundWish(amount=amount, restock=pieces, reason="asked for")
        hashed = fingerprint("POST", f"refund {order_id}", {"amount": amount, "pieces": [each.sku for each in pieces]})

        async def refund(order: Any) -> Any:
            done = await order.refund_order(order_id, wish, by=self.id, key=key, request_hash=hashed)
            return done.order, done.refund

        order, refunded = await self.person.ask("order", f"refund {amount or 'the rest'}", refund, order_id=order_id)
        self.person._note(f"{ORDERS}/{order_id}/refunds/{refunded.id}", key, order)

    async def _somebodys(self, *states: State) -> UUID | None:
        """One that is in such a state on the clerk's screen, mostly; screens may be out of date."""
        known = [each for buyer in self.buyers for each in buyer.orders[-6:]]
        if states and self.person.random.random() < 0.9:
            seen = {each: await self.person.street.order.orders.any(each) for each in known}
            known = [each for each, order in seen.items() if order is not None and order.state in states]
        return self.person.random.choice(known) if known else None

    async def live(self, pace: float) -> None:
        deeds: Mapping[Callable[[], Awaitable[None]], int] = {
            self.restock: 3,
            self.ship: 3,
            self.deliver: 2,
            self.refund: self.person.random.choice((0, 4, 12)),
            self.cancel: 3,
        }
        while self.person.street.ground.steps.left > 0:
            await asyncio.sleep(pace * self.person.random.random())
            (deed,) = self.person.random.choices(tuple(deeds), tuple(deeds.values()))
            await attempt(deed)


async def attempt(deed: Callable[[], Awaitable[None]]) -> None:
    """What comes to nothing today may be tried again another day."""
    try:
        await deed()
    except (Refusal, NoAnswer):
        return
