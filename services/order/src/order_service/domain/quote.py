"""What an order will cost, and the fingerprint by which the customer agrees to exactly that."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from order_service.domain.address import TAX_RATES
from order_service.domain.shipping import ShippingMethod, method_for

WHOLE = 10_000


class LinesNotForSale(Exception):
    """Some lines can not be bought any more."""

    def __init__(self, skus: Sequence[str]) -> None:
        super().__init__(f"Not for sale: {', '.join(skus)}.")
        self.errors = [{"field": f"lines.{sku}", "message": "not for sale any more"} for sku in skus]


class PriceChanged(Exception):
    """What the customer agreed to is not what it costs now."""

    def __init__(self, quote: "Quote") -> None:
        super().__init__("Prices have changed since the quote. Please look at the new one.")
        self.quote = quote.shown()


@dataclass(frozen=True, slots=True)
class Offer:
    """One SKU as it can be bought right now; `unit_price` is net, in minor units."""

    sku: str
    product_slug: str
    name: str
    options: dict[str, str]
    picture: str
    unit_price: int
    available: int


@dataclass(frozen=True, slots=True)
class QuoteLine:
    sku: str
    name: str
    quantity: int
    unit_price: int
    tax: int

    @property
    def total(self) -> int:
        """Net."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Quote:
    """Net prices, the tax on each of them, and what they add up to; minor units of `currency`."""

    currency: str
    country: str
    shipping_method: str
    lines: tuple[QuoteLine, ...]
    shipping: int
    tax: int
    discount: int = 0

    @property
    def subtotal(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping + self.tax - self.discount

    @property
    def hash(self) -> str:
        """SHA-256 in hex over all that the customer sees: prices, tax, shipping, discount, currency."""
        seen = [
            self.currency,
            self.country,
            self.shipping_method,
            [[line.sku, line.quantity, line.unit_price, line.tax] for line in self.lines],
            self.subtotal,
            self.shipping,
            self.tax,
            self.discount,
            self.total,
        ]
        return hashlib.sha256(json.dumps(seen, separators=(",", ":")).encode()).hexdigest()

    def shown(self) -> dict[str, Any]:
        """What the customer is shown, and agrees to by its hash."""
        lines = [
            {
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "total": line.total,
                "tax": line.tax,
            }
            for line in self.lines
        ]
        return {
            "quote_hash": self.hash,
            "currency": self.currency,
            "country": self.country,
            "shipping_method": self.shipping_method,
            "lines": lines,
            "subtotal": self.subtotal,
            "shipping": self.shipping,
            "tax": self.tax,
            "discount": self.discount,
            "total": self.total,
        }


def tax_on(net: int, country: str) -> int:
    """Tax in minor units, half of one rounded to the even neighbour.

    Each line is rounded by itself and the total is their sum, so that there is no remainder to give to anybody.
    """
    tax, rest = divmod(net * TAX_RATES[country], WHOLE)
    return tax + 1 if (2 * rest, tax % 2) > (WHOLE, 0) else tax


def make_quote(*, currency: str, country: str, shipping_method: str, basket: Sequence[tuple[Offer, int]]) -> Quote:
    """The price of a basket of (offer, quantity). Raises UnknownCountry, UnknownShippingMethod."""
    method: ShippingMethod = method_for(shipping_method, country)
    shipping = method.prices[currency]
    lines = tuple(
        QuoteLine(
            sku=offer.sku,
            name=offer.name,
            quantity=quantity,
            unit_price=offer.unit_price,
            tax=tax_on(offer.unit_price * quantity, country),
        )
        for offer, quantity in basket
    )
    tax = sum(line.tax for line in lines) + tax_on(shipping, country)
    return Quote(currency, country, shipping_method, lines, shipping, tax)
