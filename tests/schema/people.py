"""Who knocks, and with what: a token that is good, and the names of things that exist."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import jwt

from tests.journeys.shop import HOME, PASSWORD, Customer, Json, Shop

Things = Mapping[str, Sequence[Any]]
"""By the name that paths, queries and bodies have for it: what is there. A path before the name is for that path."""
CANCEL = "/api/v1/staff/orders/{order_id}/cancel"
PIECES = 50
LONGEST_TEST_SECONDS = 150


@dataclass
class Identity:
    """`sign_in` answers an access token that is good now; nobody is who has none."""

    name: str
    belongings: Things
    sign_in: Callable[[], str] | None = None
    token: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.come_back()

    def come_back(self) -> None:
        """After whatever ended the session."""
        self.token = self.sign_in() if self.sign_in is not None else None

    def stay(self) -> None:
        """Before the token is too old for what comes next."""
        if self.token is not None and self._claims["exp"] - time.time() < LONGEST_TEST_SECONDS:
            self.come_back()

    def forge(self) -> str:
        """Somebody's token, but for the signature."""
        said, _, signature = (self.token or "").rpartition(".")
        return f"{said}.{'A' * len(signature)}"

    @property
    def things(self) -> Things:
        if self.token is None:
            return self.belongings
        return {**self.belongings, "session_id": [self._claims["sid"], str(uuid4()), str(uuid4()), str(uuid4())]}

    @property
    def _claims(self) -> Json:
        return jwt.decode(self.token or "", options={"verify_signature": False})

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def gather(shop: Shop) -> list[Identity]:
    """A stranger who knows an account, a customer who has bought things, and somebody at the counter."""
    staff, customer, other, guest = shop.staff(), shop.customer(), shop.customer(), shop.customer()
    sku, spare = staff.something_new(stock=PIECES), staff.something_new(stock=PIECES)
    account = {"email": [guest.email], "password": [PASSWORD], "refresh_token": [guest.refresh]}
    public = {**_catalogue(staff.made[sku]), **account}
    own, sold, shipped, delivered, regretted = (_bought(customer, sku) for _ in range(5))
    for order in (shipped, delivered):
        assert staff.ship(order["id"]).status_code == 200
    assert staff.deliver(delivered["id"]).status_code == 200
    mine = {**public, **_belongings(customer, sku), "order_id": [own["id"], shipped["id"]]}
    counter = {
        **{name: found for name, found in public.items() if name != "slug"},
        **_cart(shop, sku),
        "order_id": [sold["id"], shipped["id"], delivered["id"]],
        f"{CANCEL} order_id": [regretted["id"], delivered["id"]],
        "number": [sold["number"]],
        "customer": [customer.user_id],
        "user_id": [other.user_id],
        "from": ["2026-11-01T00:00:00Z", "2026-11-02T01:00:00+01:00"],
        "to": ["2026-11-03T00:00:00Z", "2026-11-30T00:00:00Z"],
        "placed_from": ["2026-01-01T00:00:00Z", "2199-12-31T23:59:59+01:00"],
        "placed_to": ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59+01:00"],
        "product_id": [staff.made[spare]["id"]],
        "version": [staff.made[spare]["version"]],
        "lines": [[{"sku": sku, "quantity": 1}]],
        "restock": [[{"sku": sku, "quantity": 1}]],
        "amount": [100],
    }

    def as_customer() -> str:
        customer.sign_in()
        return customer.access

    return [
        Identity("anonymous", {**public, **_cart(shop, sku)}),
        Identity("customer", mine, as_customer),
        Identity("staff", counter, lambda: shop.staff().access),
    ]


def _catalogue(made: Json) -> Things:
    return {
        "sku": [made["variants"][0]["sku"]],
        "slug": [made["slug"]],
        "category": [made["category"]],
        "brand": [made["brand"]],
        "country": ["DE", "JP"],
        "currency": ["EUR", "JPY"],
    }


def _bought(customer: Customer, sku: str) -> Json:
    order = customer.checkout(**{sku: 1})
    return customer.order_in(order["id"], "CONFIRMED")


def _cart(shop: Shop, sku: str) -> Things:
    """Of nobody, with something in it."""
    cart = shop.call("POST", "/api/v1/carts", body={"currency": "EUR"}).json()["id"]
    filled = shop.call("PUT", f"/api/v1/carts/{cart}/lines/{sku}", body={"quantity": 1})
    assert filled.status_code == 200, filled.text
    methods = shop.call("GET", "/api/v1/shipping-methods", params={"country": "DE"}).json()["items"]
    return {"cart_id": [cart], "shipping_method": [methods[0]["code"]]}


def _belongings(customer: Customer, sku: str) -> Things:
    customer.fill_cart(**{sku: 1})
    address = customer.call("POST", "/api/v1/me/addresses", body=HOME)
    assert address.status_code == 201, address.text
    quote, card = customer.quote(), customer.card()
    return {
        "cart_id": [customer.cart_id],
        "quote_hash": [quote["quote_hash"]],
        "shipping_method": [quote["shipping_method"]],
        "address": [HOME],
        "payment": [{"method_id": card}],
        "method_id": [customer.card()],
        "address_id": [address.json()["id"]],
        "provider_token": ["pm_card_visa"],
    }
