"""What goes into a cart and out of it, and what it looks like today."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from chassis.faults import Unreachable

from order_service.domain.cart import Cart, CartLine
from order_service.domain.quote import LinesNotForSale, Offer
from order_service.ports import Products
from order_service.use_cases.carts import ChangeCart, FindCart


@dataclass(frozen=True, slots=True)
class SeenCart:
    """A cart with what its lines cost today; without `offers` product did not answer, and old prices are shown."""

    cart: Cart
    offers: Mapping[str, Offer] | None


@dataclass(frozen=True, slots=True)
class LookAtCart:
    """Fresh prices and availability, or what was last seen when product is away."""

    products: Products

    async def __call__(self, cart: Cart) -> SeenCart:
        if not cart.lines:
            return SeenCart(cart, {})
        try:
            wanted = {line.sku: line.quantity for line in cart.lines}
            return SeenCart(cart, await self.products.offers(wanted, currency=cart.currency))
        except Unreachable:
            return SeenCart(cart, None)


@dataclass(frozen=True, slots=True)
class PutLine:
    """Set the quantity of a SKU. Raises CartNotFound, CartAlreadyOrdered, CartFull, LinesNotForSale, Unreachable."""

    find: FindCart
    change: ChangeCart
    products: Products

    async def __call__(self, cart_id: UUID, *, sku: str, quantity: int, user_id: UUID | None) -> Cart:
        cart = await self.find(cart_id, user_id=user_id)
        offer = (await self.products.offers({sku: quantity}, currency=cart.currency)).get(sku)
        if offer is None:
            raise LinesNotForSale([sku])
        line = CartLine(
            sku=sku,
            quantity=quantity,
            name=offer.name,
            options=offer.options,
            product_slug=offer.product_slug,
            picture=offer.picture,
            seen_price=offer.unit_price,
        )
        return await self.change(cart_id, lambda cart: cart.with_line(line), user_id=user_id)


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """Take a SKU out; taking out what is not there changes nothing. Raises CartNotFound, CartAlreadyOrdered."""

    change: ChangeCart

    async def __call__(self, cart_id: UUID, *, sku: str, user_id: UUID | None) -> Cart:
        return await self.change(cart_id, lambda cart: cart.without_line(sku), user_id=user_id)
