"""Each store away for a while: said at once where it is needed, and healed without a hand of ours."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.dev.conftest import IN_HAND, Day
from tests.dev.rung import Rung, until
from tests.journeys.shop import PASSWORD, Customer

STORE_SECONDS = float(os.environ.get("MERCATO_OUTAGE_SECONDS", "10"))
"""How long a store is away; 60 to take it as the promise is worded."""
BROKER_SECONDS = 60.0
NOT_ANSWERED = {502, 503, 504}


@dataclass(frozen=True)
class Question:
    method: str
    path: str
    body: Any = None

    def ask(self, customer: Customer) -> httpx2.Response:
        """Never the same twice, so that no cache answers."""
        return customer.call(self.method, self.path.format(unique=uuid4().hex[:8]), body=self.body)


QUESTIONS = {
    "postgres": (
        Question("GET", "/api/v1/me"),
        Question("GET", "/api/v1/products?q={unique}"),
        Question("GET", "/api/v1/payment-methods"),
    ),
    "mongo": (Question("GET", "/api/v1/orders"), Question("GET", "/api/v1/cart")),
}
"""What needs which store, at each service that has it."""
RESENDS = {"postgres": 0, "mongo": 2 * IN_HAND}
"""When MongoDB goes, two workers cannot write down which of the mails in their hands have left."""


@pytest.mark.parametrize("store", QUESTIONS)
def test_without_its_store_a_service_says_so_and_comes_back_with_it(pairs: Rung, day: Day, store: str) -> None:
    customer, sku = day.shop.customer(), day.shop.staff().something_new(stock=10)
    before = customer.checkout(**{sku: 1})
    with nobody_ends(pairs), pairs.without(store):
        ends = time.monotonic() + STORE_SECONDS
        slowest = 0.0
        while time.monotonic() < ends:
            for question in QUESTIONS[store]:
                began = time.monotonic()
                answer = question.ask(customer)
                slowest = max(slowest, time.monotonic() - began)
                assert answer.status_code == 503, f"{question}: {answer.status_code} {answer.text}"
                assert answer.headers["content-type"] == "application/problem+json", question
                assert answer.json()["status"] == 503
    print(f"{store} was away for {STORE_SECONDS:.0f} s; the slowest 503 took {slowest * 1000:.0f} ms")
    for question in QUESTIONS[store]:
        until(lambda question=question: question.ask(customer).is_success, f"{question} to be answered again")
    assert customer.order_in(before["id"], "CONFIRMED", "CANCELLED")["state"] == "CONFIRMED"
    assert customer.order_in(customer.checkout(**{sku: 1})["id"], "CONFIRMED")
    day.ends_well(resends=RESENDS[store])


def test_without_redis_people_still_sign_in_and_buy(pairs: Rung, day: Day) -> None:
    customer, sku = day.shop.customer(), day.shop.staff().something_new(stock=10_000)
    card, placed = customer.card(), []
    with nobody_ends(pairs), pairs.without("redis"):
        ends = time.monotonic() + STORE_SECONDS
        while time.monotonic() < ends:
            body = {"email": customer.email, "password": PASSWORD}
            assert day.shop.call("POST", "/api/v1/sessions", body=body).status_code == 201
            placed.append(customer.checkout(card, **{sku: 1})["id"])
    print(f"{len(placed)} orders accepted in {STORE_SECONDS:.0f} s without redis")
    assert {customer.order_in(each, "CONFIRMED")["state"] for each in placed} == {"CONFIRMED"}
    day.ends_well()


def test_without_the_broker_orders_are_accepted_and_end_well_when_it_is_back(pairs: Rung, day: Day) -> None:
    customer, sku = day.shop.customer(), day.shop.staff().something_new(stock=30)
    card = customer.card()
    with nobody_ends(pairs), pairs.without("rabbit"):
        ends = time.monotonic() + BROKER_SECONDS
        placed = []
        while time.monotonic() < ends:
            placed.append(customer.checkout(card, **{sku: 1})["id"])
            time.sleep(BROKER_SECONDS / 20)  # a customer now and then
        assert {customer.order(each)["state"] for each in placed} == {"PENDING"}
    print(f"{len(placed)} orders accepted in {BROKER_SECONDS:.0f} s without the broker")
    day.ends_well()
    assert {customer.order(each)["state"] for each in placed} == {"CONFIRMED"}


@contextmanager
def nobody_ends(rung: Rung) -> Generator[None]:
    """No process of the shop gives up while the context is open; none has to be started again, by nobody's hand."""
    before = rung.shop
    yield
    assert [each.name for each in before if not each.alive] == []
