"""A parcel leaves, arrives, and some of it comes back."""

from uuid import uuid4

from tests.journeys.shop import Customer, Json, Shop, eventually


def bought(shop: Shop, ada: Customer, sku: str, *, pieces: int = 2) -> Json:
    """An order that is paid."""
    return ada.order_in(ada.checkout(**{sku: pieces})["id"], "CONFIRMED")


def test_a_parcel_is_announced_arrives_and_is_paid_back_in_two_parts(shop: Shop) -> None:
    ada, staff = shop.customer(), shop.staff()
    sku = staff.something_new(stock=5, price=1000)
    order = bought(shop, ada, sku)
    assert staff.on_hand(sku) == 3

    shipped = staff.ship(order["id"])
    assert (shipped.status_code, shipped.json()["state"]) == (200, "SHIPPED")
    assert ada.order(order["id"])["shipment"]["tracking"] == "TR-4711"
    assert "Postal Example carries it under the number TR-4711" in shop.mail(ada.email, "is on its way")["text"]
    assert staff.deliver(order["id"]).json()["state"] == "DELIVERED"

    one = [{"sku": sku, "quantity": 1}]
    key = str(uuid4())
    asked, repeat = (staff.refund(order["id"], key=key, lines=one, restock=one) for _ in range(2))
    assert (asked.status_code, repeat.status_code) == (202, 202)
    assert repeat.headers["idempotent-replayed"] == "true"
    part = asked.json()["refund"]["amount"]
    assert part == 1190, "one piece with its tax"
    stands = ada.order_in(order["id"], "DELIVERED")
    assert stands["refunded"] == part
    assert "€11.90 of your order" in shop.mail(ada.email, "Money back")["text"]
    eventually(lambda: staff.on_hand(sku) == 4 or None, f"one {sku} back on the shelf")

    rest = staff.refund(order["id"], restock=one)
    assert rest.json()["refund"]["amount"] == order["total"] - part
    over = ada.order_in(order["id"], "REFUNDED")
    assert over["refunded"] == over["total"]
    eventually(lambda: staff.on_hand(sku) == 5 or None, f"all {sku} back on the shelf")
    assert staff.refund(order["id"]).status_code == 409


def test_what_has_left_can_not_be_cancelled_and_what_was_not_bought_does_not_come_back(shop: Shop) -> None:
    ada, staff = shop.customer(), shop.staff()
    sku = staff.something_new(stock=5)
    order = bought(shop, ada, sku, pieces=1)

    assert staff.refund(order["id"], amount=1, restock=[{"sku": sku, "quantity": 1}]).status_code == 409
    assert staff.ship(order["id"]).status_code == 200
    assert staff.ship(order["id"]).status_code == 200, "the same parcel again"
    assert staff.ship(order["id"], tracking="TR-1").status_code == 409

    assert ada.cancel(order["id"]).status_code == 409
    path = f"/api/v1/staff/orders/{order['id']}/cancel"
    assert staff.call("POST", path, body={}, key=str(uuid4())).status_code == 409
    assert staff.refund(order["id"], amount=1, restock=[{"sku": sku, "quantity": 2}]).status_code == 422
    assert staff.refund(order["id"], amount=order["total"] + 1).status_code == 422
    assert staff.deliver(order["id"]).status_code == 200
    assert ada.order(order["id"])["state"] == "DELIVERED"


def test_staff_cancels_what_has_not_left_and_all_comes_back(shop: Shop) -> None:
    ada, staff = shop.customer(), shop.staff()
    sku = staff.something_new(stock=5)
    order = bought(shop, ada, sku)
    staff.refund(order["id"], amount=100)
    ada.order_in(order["id"], "CONFIRMED")
    eventually(lambda: ada.order(order["id"])["refunded"] or None, "a part that came back")

    path = f"/api/v1/staff/orders/{order['id']}/cancel"
    assert staff.call("POST", path, body={}, key=str(uuid4())).status_code == 202

    over = ada.order_in(order["id"], "CANCELLED")
    assert (over["cancel_reason"], over["refunded"]) == ("STAFF", order["total"])
    assert staff.on_hand(sku) == 5
    assert "our staff had to end it" in shop.mail(ada.email, "is cancelled")["text"]


def test_a_refund_that_the_provider_refuses_leaves_the_order_as_it_was(shop: Shop) -> None:
    ada, staff = shop.customer(), shop.staff()
    sku = staff.something_new(stock=5)
    order = bought(shop, ada, sku)
    staff.ship(order["id"])
    shop.misbehave(kind="refund_fails", operation="refund", times=1)

    assert staff.refund(order["id"], amount=100).status_code == 202

    def failed() -> Json | None:
        seen = staff.order(order["id"])
        return seen if seen["refunds"][0]["outcome"] != "OPEN" else None

    seen = eventually(failed, "the end of the refund")
    assert (seen["state"], seen["refunds"][0]["outcome"], seen["refunded"]) == ("SHIPPED", "FAILED", 0)
    staff.refund(order["id"], amount=100)
    eventually(lambda: ada.order(order["id"])["refunded"] == 100 or None, "the second try")


def test_staff_finds_an_order_and_nobody_else_looks_or_acts(shop: Shop) -> None:
    ada, bob, staff = shop.customer(), shop.customer(), shop.staff()
    sku = staff.something_new(stock=5)
    order = bought(shop, ada, sku)

    assert [each["id"] for each in staff.orders(number=order["number"])] == [order["id"]]
    assert [each["id"] for each in staff.orders(customer=ada.user_id, state="CONFIRMED")] == [order["id"]]
    assert staff.orders(customer=ada.user_id, state="SHIPPED") == []
    assert [each["trigger"] for each in staff.order(order["id"])["transitions"]][:2] == ["placed", "StockReserved"]

    path = f"/api/v1/staff/orders/{order['id']}"
    for stranger in (ada, bob):
        assert stranger.call("GET", "/api/v1/staff/orders").status_code == 403
        assert stranger.call("GET", path).status_code == 403
        parcel = {"carrier": "Mine", "tracking": "MINE-1"}
        assert stranger.call("POST", f"{path}/ship", body=parcel).status_code == 403
        refund = {"reason": "mine"}
        assert stranger.call("POST", f"{path}/refunds", body=refund, key=str(uuid4())).status_code == 403
    assert shop.call("GET", path).status_code == 401
    assert staff.order(order["id"])["state"] == "CONFIRMED"
