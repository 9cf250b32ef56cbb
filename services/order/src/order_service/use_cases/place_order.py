"""Checkout: turn a cart and an agreed quote into an order."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.idempotency import IdempotencyKeyReused
from chassis.world import World

from order_service.domain import saga
from order_service.domain.address import Address
from order_service.domain.cart import CartAlreadyOrdered, CartNotFound
from order_service.domain.hosted import checked_return_url
from order_service.domain.order import Order, place
from order_service.domain.quote import PriceChanged
from order_service.domain.states import Command
from order_service.ports import Carts, CartTaken, Counts, KeyTaken, NumberTaken, Orders
from order_service.use_cases.checkout_gate import CheckoutGate
from order_service.use_cases.make_quote import MakeQuote


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the customer asks for, with the fingerprint of exactly this request."""

    user_id: UUID
    cart_id: UUID
    address: Address
    shipping_method: str
    method_id: UUID | None
    """None: on the provider's page, which then sends the customer to `return_url`."""
    return_url: str | None
    quote_hash: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Placed:
    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """One order per customer and key, one open order per cart: two unique indexes see to both.

    Raises IdempotencyKeyReused, CartNotFound, CartAlreadyOrdered, CartEmpty, LinesNotForSale, PriceChanged,
    UnknownCountry, UnknownShippingMethod, CardNumberInAddress, ReturnUrlNotOurs, TooManyCheckouts, ShopIsFull,
    Unreachable.
    """

    orders: Orders
    carts: Carts
    quote: MakeQuote
    counts: Counts
    gate: CheckoutGate
    return_hosts: Collection[str]
    world: World

    async def __call__(self, wish: Checkout) -> Placed:
        known = await self._known(wish)
        if known is not None:
            return known
        async with self.gate.admit(wish.user_id):
            return await self._new(wish)

    async def _new(self, wish: Checkout) -> Placed:
        try:
            order = await self._add(await self._make(wish))
        except (KeyTaken, CartTaken, CartAlreadyOrdered) as taken:
            # Perhaps by this very request, sent twice at once: then it has its order.
            known = await self._known(wish)
            if known is not None:
                return known
            bought = await self.orders.open_orders([wish.cart_id], owner=wish.user_id)
            raise CartAlreadyOrdered(bought.get(wish.cart_id)) from taken
        self.counts.placed()
        return Placed(order, replayed=False)

    async def _known(self, wish: Checkout) -> Placed | None:
        order = await self.orders.by_key(wish.key, owner=wish.user_id)
        if order is None:
            return None
        if order.request_hash != wish.request_hash:
            raise IdempotencyKeyReused
        return Placed(saga.as_of(order, 1), replayed=True)

    async def _make(self, wish: Checkout) -> Order:
        address = wish.address.checked()
        if wish.return_url is not None:
            checked_return_url(wish.return_url, self.return_hosts)
        cart = await self.carts.get(wish.cart_id, owner=wish.user_id)
        if cart is None or cart.user_id is None:
            raise CartNotFound
        bought = await self.orders.open_orders([cart.id], owner=wish.user_id)
        if cart.id in bought:
            raise CartAlreadyOrdered(bought[cart.id])
        quote = await self.quote.of(cart, country=address.country, shipping_method=wish.shipping_method)
        if quote.hash != wish.quote_hash:
            raise PriceChanged(quote)
        now = self.world.clock.now()
        return place(
            quote,
            order_id=self.world.ids.uuid7(),
            user_id=wish.user_id,
            cart_id=cart.id,
            key=wish.key,
            request_hash=wish.request_hash,
            address=address,
            method_id=wish.method_id,
            return_url=wish.return_url,
            now=now,
            retry_at=now + saga.retry_pause(0),
        )

    async def _add(self, order: Order) -> Order:
        try:
            await self.orders.add(order, [Command.RESERVE_STOCK])
        except NumberTaken:
            # One pair in a million million: another id has another number.
            order = replace(order, id=self.world.ids.uuid7())
            await self.orders.add(order, [Command.RESERVE_STOCK])
        return order
