"""The shop as its customers see it, over HTTP; everything that was answered goes into the journal."""

import hashlib
import itertools
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
from testkit.verify.journal import Answer, Journal

DOOR = {"X-Mercato-Door": "journeys"}
PATIENCE_SECONDS = 60
PASSWORD = "a heron waits by the weir"
HOME = {
    "name": "Ada Example",
    "line1": "Example Street 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}
_names = itertools.count(1)

Json = dict[str, Any]


@dataclass
class Shop:
    """One base URL, and what anybody may do there."""

    client: httpx2.Client
    journal: Journal

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        token: str | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        noted: Answer | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """One request; the answer is written into the journal, with what `noted` adds."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if key:
            sent["Idempotency-Key"] = key
        answer = self.client.request(method, path, json=body, headers=sent, **more)
        line: Answer = {
            "method": method,
            "path": path.partition("?")[0],
            "status": answer.status_code,
            "content_type": answer.headers.get("content-type", "").partition(";")[0],
            **({"idempotency_key": key} if key else {}),
            **(noted or {}),
        }
        if key and answer.is_success:
            line["answer_hash"] = hashlib.sha256(answer.content).hexdigest()
        if method == "POST" and path == "/api/v1/orders" and answer.is_success:
            line["order_id"] = answer.json()["id"]
        self.journal.answers.append(line)
        return answer

    def door(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Behind the shop's back: mails, provider faults, a staff sign-in."""
        answer = self.client.request(method, f"/dev/{path}", headers=DOOR, **more)
        answer.raise_for_status()
        return answer

    def mails(self, to: str) -> list[Json]:
        return self.door("GET", "mail/mails", params={"to": to}).json()

    def mail(self, to: str, subject: str) -> Json:
        """The one mail to this person with this subject, once it has come."""

        def come() -> Json | None:
            return next((each for each in self.mails(to) if subject in each["subject"]), None)

        return eventually(come, f"a mail {subject!r} to {to}")

    def misbehave(self, **fault: Any) -> None:
        """Tell the payment provider to go wrong."""
        self.door("POST", "psp/faults", json=fault)

    def behave(self) -> None:
        self.door("DELETE", "psp/faults")

    def staff(self) -> "Staff":
        return Staff(self, self.door("POST", "staff-session").json()["access_token"])

    def customer(self) -> "Customer":
        """Somebody new, registered, verified and signed in."""
        somebody = Customer(self, f"journey-{uuid4().hex[:10]}-{next(_names)}@example.org")
        somebody.register()
        somebody.verify()
        somebody.sign_in()
        return somebody


def eventually[T](look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}")


@dataclass
class Customer:
    """One person and what that person holds: tokens, a cart, a card."""

    shop: Shop
    email: str
    access: str = ""
    refresh: str = ""
    user_id: str = ""
    cart_id: str = ""

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        noted = {"user": self.user_id, **more.pop("noted", {})}
        return self.shop.call(method, path, token=self.access, noted=noted, **more)

    def register(self) -> None:
        body = {"email": self.email, "name": "Ada Example", "password": PASSWORD}
        assert self.shop.call("POST", "/api/v1/users", body=body).status_code == 202

    def verify(self) -> None:
        text = self.shop.mail(self.email, "confirm your address")["text"]
        link = re.search(r"verify-email\?token=(\S+)", text)
        assert link is not None
        answer = self.shop.call("POST", "/api/v1/users/verification", body={"token": link[1]})
        assert answer.status_code == 204

    def sign_in(self) -> None:
        answer = self.shop.call("POST", "/api/v1/sessions", body={"email": self.email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        session = answer.json()
        self.access, self.refresh = session["access_token"], session["refresh_token"]
        self.user_id = session["user"]["id"]

    def fill_cart(self, **quantities: int) -> Json:
        """`fill_cart(**{"MUG-1": 2})`; the cart as it is then."""
        if not self.cart_id:
            self.cart_id = self.call("GET", "/api/v1/cart").json()["id"]
        cart: Json = {}
        for sku, quantity in quantities.items():
            path = f"/api/v1/carts/{self.cart_id}/lines/{sku}"
            answer = self.call("PUT", path, body={"quantity": quantity})
            assert answer.status_code == 200, answer.text
            cart = answer.json()
        return cart

    def card(self, token: str = "pm_card_visa") -> str:
        """Save a card; our id of it."""
        answer = self.call("POST", "/api/v1/payment-methods", body={"provider_token": token})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def quote(self, country: str = "DE", shipping: str | None = None) -> Json:
        method = shipping or self.shipping_methods(country)[0]["code"]
        body = {"cart_id": self.cart_id, "country": country, "shipping_method": method}
        answer = self.call("POST", "/api/v1/quotes", body=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def shipping_methods(self, country: str = "DE") -> list[Json]:
        path = "/api/v1/shipping-methods"
        return self.call("GET", path, params={"country": country, "currency": "EUR"}).json()["items"]

    def order_body(self, quote: Json, method_id: str) -> Json:
        return {
            "cart_id": self.cart_id,
            "address": HOME,
            "shipping_method": quote["shipping_method"],
            "payment": {"method_id": method_id},
            "quote_hash": quote["quote_hash"],
        }

    def buy(self, quote: Json, method_id: str, *, key: str | None = None) -> httpx2.Response:
        """Ask for the order; not yet known how it ends."""
        body = self.order_body(quote, method_id)
        noted = {"quote_hash": quote["quote_hash"], "quoted_total": quote["total"]}
        return self.call("POST", "/api/v1/orders", body=body, key=key or str(uuid4()), noted=noted)

    def checkout(self, method_id: str | None = None, **quantities: int) -> Json:
        """Cart, quote, order: the accepted order."""
        self.fill_cart(**quantities)
        answer = self.buy(self.quote(), method_id or self.card())
        assert answer.status_code == 202, answer.text
        self.cart_id = ""
        return answer.json()

    def order(self, order_id: str, *, wait: int = 0) -> Json:
        answer = self.call("GET", f"/api/v1/orders/{order_id}", params={"wait": wait} if wait else None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order_in(self, order_id: str, *states: str) -> Json:
        """The order, once it has reached one of these states."""

        def reached() -> Json | None:
            order = self.order(order_id, wait=2)
            return order if order["state"] in states else None

        return eventually(reached, f"order {order_id} in {states}")

    def cancel(self, order_id: str, *, key: str | None = None) -> httpx2.Response:
        return self.call("POST", f"/api/v1/orders/{order_id}/cancel", body={}, key=key or str(uuid4()))


@dataclass
class Staff:
    """Somebody who works here, for this run."""

    shop: Shop
    access: str
    made: dict[str, Json] = field(default_factory=dict)
    """What this person has put into the shop, by SKU, as it was answered last."""

    def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return self.shop.call(method, path, token=self.access, **more)

    def something_new(self, *, stock: int, price: int = 1500) -> str:
        """A product that nobody else buys, with one variant; its SKU."""
        name = f"{uuid4().hex[:10]}-{next(_names)}"
        sku = f"NEW-{name.upper()}"
        body = {
            "slug": f"new-{name}",
            "name": f"Something new {name}",
            "brand": "Journey",
            "category": self.shop.call("GET", "/api/v1/categories").json()["items"][0]["slug"],
            "description": "Made for one journey.",
            "variants": [{"sku": sku, "prices": in_every_currency(price)}],
        }
        answer = self.call("POST", "/api/v1/staff/products", body=body)
        assert answer.status_code == 201, answer.text
        self.made[sku] = answer.json()
        self.restock(sku, stock)
        return sku

    def restock(self, sku: str, pieces: int) -> None:
        body = {"kind": "restock", "quantity": pieces, "reason": "for a journey"}
        answer = self.call("POST", f"/api/v1/staff/stock/{sku}/adjustments", body=body, key=str(uuid4()))
        assert answer.status_code == 201, answer.text

    def on_hand(self, sku: str) -> int:
        return self.call("GET", f"/api/v1/staff/stock/{sku}").json()["on_hand"]

    def order(self, order_id: str) -> Json:
        answer = self.call("GET", f"/api/v1/staff/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def orders(self, **wanted: Any) -> list[Json]:
        """Those on the first page of what is looked for."""
        answer = self.call("GET", "/api/v1/staff/orders", params=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    def ship(self, order_id: str, *, tracking: str = "TR-4711") -> httpx2.Response:
        body = {"carrier": "Postal Example", "tracking": tracking}
        return self.call("POST", f"/api/v1/staff/orders/{order_id}/ship", body=body)

    def deliver(self, order_id: str) -> httpx2.Response:
        return self.call("POST", f"/api/v1/staff/orders/{order_id}/deliver", body={})

    def refund(self, order_id: str, *, key: str | None = None, **wish: Any) -> httpx2.Response:
        body = {"reason": "for a journey", **wish}
        return self.call("POST", f"/api/v1/staff/orders/{order_id}/refunds", body=body, key=key or str(uuid4()))

    def change_price(self, sku: str, amount: int) -> None:
        """Of something that this person made."""
        variant = {"sku": sku, "prices": in_every_currency(amount)}
        body = {"version": self.made[sku]["version"], "variants": [variant]}
        answer = self.call("PATCH", f"/api/v1/staff/products/{self.made[sku]['id']}", body=body)
        assert answer.status_code == 200, answer.text
        self.made[sku] = answer.json()

    def archive(self, sku: str) -> None:
        """Take something that this person made out of the shop."""
        answer = self.call("DELETE", f"/api/v1/staff/products/{self.made[sku]['id']}")
        assert answer.status_code == 200, answer.text
        self.made[sku] = answer.json()


def in_every_currency(amount: int) -> dict[str, int]:
    return dict.fromkeys(("EUR", "USD", "GBP", "JPY"), amount)
