"""Say what a cart costs, delivered."""

from dataclasses import dataclass
from uuid import UUID

from order_service.domain.cart import Cart, CartEmpty
from order_service.domain.quote import LinesNotForSale, Quote, make_quote
from order_service.ports import Products
from order_service.use_cases.carts import FindCart


@dataclass(frozen=True, slots=True)
class MakeQuote:
    """Raises CartNotFound, CartEmpty, LinesNotForSale, UnknownCountry, UnknownShippingMethod, Unreachable."""

    find: FindCart
    products: Products

    async def __call__(self, cart_id: UUID, *, country: str, shipping_method: str, user_id: UUID | None) -> Quote:
        cart = await self.find(cart_id, user_id=user_id)
        return await self.of(cart, country=country, shipping_method=shipping_method)

    async def of(self, cart: Cart, *, country: str, shipping_method: str) -> Quote:
        """The same for a cart at hand."""
        if not cart.lines:
            raise CartEmpty
        wanted = {line.sku: line.quantity for line in cart.lines}
        offers = await self.products.offers(wanted, currency=cart.currency)
        missing = [sku for sku in wanted if sku not in offers]
        if missing:
            raise LinesNotForSale(missing)
        return make_quote(
            currency=cart.currency,
            country=country,
            shipping_method=shipping_method,
            basket=[(offers[sku], quantity) for sku, quantity in wanted.items()],
        )
