"""A customer thinks better of it."""

from uuid import uuid4

from tests.journeys.shop import Shop
from tests.journeys.test_buying import a_bestseller


def test_before_the_money_is_taken_nothing_is_charged(shop: Shop) -> None:
    ada = shop.customer()
    # The provider answers late, so that there is time to think.
    shop.misbehave(kind="slow", operation="confirm", times=1, seconds=3)
    order = ada.checkout(**{a_bestseller(shop): 1})

    asked = ada.cancel(order["id"])

    assert asked.status_code == 202
    over = ada.order_in(order["id"], "CANCELLED")
    assert over["cancel_reason"] == "CUSTOMER"
    assert over["refunded"] == 0
    assert "CONFIRMED" not in [step["state"] for step in over["history"]]
    assert "not been charged" in shop.mail(ada.email, "is cancelled")["text"]


def test_after_the_money_is_taken_all_of_it_comes_back(shop: Shop) -> None:
    ada = shop.customer()
    order = ada.checkout(**{a_bestseller(shop): 1})
    ada.order_in(order["id"], "CONFIRMED")

    key = str(uuid4())
    asked, repeat = ada.cancel(order["id"], key=key), ada.cancel(order["id"], key=key)

    assert (asked.status_code, repeat.status_code) == (202, 202)
    assert repeat.headers["idempotent-replayed"] == "true"
    over = ada.order_in(order["id"], "CANCELLED")
    assert over["refunded"] == over["total"]
    assert "We have returned" in shop.mail(ada.email, "is cancelled")["text"]


def test_a_cancelled_order_cannot_be_cancelled_again(shop: Shop) -> None:
    ada = shop.customer()
    order = ada.checkout(ada.card("pm_card_chargeDeclined"), **{a_bestseller(shop): 1})
    ada.order_in(order["id"], "CANCELLED")

    assert ada.cancel(order["id"]).status_code == 409
