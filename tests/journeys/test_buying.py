"""A customer buys something."""

from tests.journeys.shop import HOME, Customer, Shop


def a_bestseller(shop: Shop) -> str:
    """A SKU of which there is plenty."""
    page = shop.call("GET", "/api/v1/products", params={"sort": "popular", "in_stock": "true"}).json()
    for card in page["items"]:
        product = shop.call("GET", f"/api/v1/products/{card['slug']}").json()
        for variant in product["variants"]:
            if variant["available"] >= 10:
                return variant["sku"]
    raise AssertionError("nothing in this shop is available ten times")


def test_from_the_first_look_to_the_mail_that_confirms(shop: Shop) -> None:
    ada = shop.customer()

    departments = [each for each in shop.call("GET", "/api/v1/categories").json()["items"] if not each["parent"]]
    assert len(departments) >= 8
    inside = shop.call("GET", "/api/v1/products", params={"category": departments[0]["slug"], "limit": 5}).json()
    card = inside["items"][0]
    word = card["name"].split()[0]
    found = shop.call("GET", "/api/v1/products", params={"q": word}).json()["items"]
    assert card["slug"] in [each["slug"] for each in found]
    picture = shop.client.get(card["picture"])
    assert picture.headers["content-type"].startswith("image/svg+xml")

    sku = a_bestseller(shop)
    cart = ada.fill_cart(**{sku: 2})
    assert [(line["sku"], line["quantity"]) for line in cart["lines"]] == [(sku, 2)]
    quote = ada.quote()
    assert quote["total"] == quote["subtotal"] + quote["shipping"] + quote["tax"] - quote["discount"]
    accepted = ada.buy(quote, ada.card())
    assert accepted.status_code == 202
    assert accepted.headers["location"] == f"/api/v1/orders/{accepted.json()['id']}"

    order = ada.order_in(accepted.json()["id"], "CONFIRMED")
    assert order["total"] == quote["total"]
    assert [step["state"] for step in order["history"]] == [
        "PENDING",
        "RESERVED",
        "AUTHORIZED",
        "COMMITTED",
        "CONFIRMED",
    ]
    mail = shop.mail(ada.email, f"{order['number']} is confirmed")
    assert HOME["name"] in mail["text"]
    listed = ada.call("GET", "/api/v1/orders").json()["items"]
    assert [each["id"] for each in listed] == [order["id"]]
    assert ada.call("GET", "/api/v1/cart").json()["lines"] == []


def test_a_declined_card_costs_nothing_and_gives_the_cart_back(shop: Shop) -> None:
    ada = shop.customer()
    sku = a_bestseller(shop)

    order = ada.checkout(ada.card("pm_card_chargeDeclined"), **{sku: 1})
    order = ada.order_in(order["id"], "CANCELLED")

    assert order["cancel_reason"] == "PAYMENT_DECLINED"
    assert "not been charged" in shop.mail(ada.email, "is cancelled")["text"]
    back = ada.call("GET", "/api/v1/cart").json()
    assert [(line["sku"], line["quantity"]) for line in back["lines"]] == [(sku, 1)]


def test_a_second_card_buys_what_the_first_could_not(shop: Shop) -> None:
    ada = shop.customer()
    refused = ada.checkout(ada.card("pm_card_chargeDeclinedInsufficientFunds"), **{a_bestseller(shop): 1})
    ada.order_in(refused["id"], "CANCELLED")

    ada.cart_id = ada.call("GET", "/api/v1/cart").json()["id"]
    accepted = ada.buy(ada.quote(), ada.card("pm_card_mastercard"))

    assert accepted.status_code == 202
    assert ada.order_in(accepted.json()["id"], "CONFIRMED")["id"] != refused["id"]


def test_what_ran_out_cannot_be_bought_and_is_not_charged(shop: Shop) -> None:
    sku = shop.staff().something_new(stock=1)
    ada, bob = shop.customer(), shop.customer()

    first = ada.checkout(**{sku: 1})
    ada.order_in(first["id"], "CONFIRMED")
    second = bob.checkout(**{sku: 1})

    order = bob.order_in(second["id"], "CANCELLED")
    assert order["cancel_reason"] == "OUT_OF_STOCK"
    assert [step["state"] for step in order["history"]] == ["PENDING", "CANCELLED"]


def test_a_price_that_changed_since_the_quote_is_shown_before_anything_happens(shop: Shop) -> None:
    staff = shop.staff()
    sku = staff.something_new(stock=5, price=1000)
    ada = shop.customer()
    ada.fill_cart(**{sku: 1})
    quote = ada.quote()

    staff.change_price(sku, 1200)
    refused = ada.buy(quote, ada.card())

    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:mercato:problem:price_changed"
    assert refused.json()["quote"]["subtotal"] == 1200
    assert ada.call("GET", "/api/v1/orders").json()["items"] == []
    cart = ada.call("GET", f"/api/v1/carts/{ada.cart_id}").json()
    assert (cart["lines"][0]["unit_price"], cart["lines"][0]["previous_unit_price"]) == (1200, 1000)
    accepted = ada.buy(refused.json()["quote"], ada.card())
    assert ada.order_in(accepted.json()["id"], "CONFIRMED")["subtotal"] == 1200


def test_an_anonymous_cart_comes_along_when_its_owner_signs_in(shop: Shop) -> None:
    sku, other = a_bestseller(shop), shop.staff().something_new(stock=5)
    cart = shop.call("POST", "/api/v1/carts", body={"currency": "EUR"}).json()
    shop.call("PUT", f"/api/v1/carts/{cart['id']}/lines/{sku}", body={"quantity": 2})
    ada = shop.customer()
    ada.fill_cart(**{sku: 1, other: 1})

    merged = ada.call("POST", "/api/v1/cart/merge", body={"cart_id": cart["id"]}).json()
    again = ada.call("POST", "/api/v1/cart/merge", body={"cart_id": cart["id"]}).json()

    assert {line["sku"]: line["quantity"] for line in merged["lines"]} == {sku: 3, other: 1}
    assert again["lines"] == merged["lines"]


def test_two_tabs_buy_one_cart_once(shop: Shop) -> None:
    ada = shop.customer()
    ada.fill_cart(**{a_bestseller(shop): 1})
    quote, card = ada.quote(), ada.card()

    first, second = ada.buy(quote, card), ada.buy(quote, card)

    assert first.status_code == 202
    assert second.status_code == 409
    assert second.json()["type"] == "urn:mercato:problem:cart_already_ordered"
    assert len(ada.call("GET", "/api/v1/orders").json()["items"]) == 1


def test_a_repeat_with_the_same_key_is_the_same_order(shop: Shop) -> None:
    ada = shop.customer()
    ada.fill_cart(**{a_bestseller(shop): 1})
    quote, card, key = ada.quote(), ada.card(), "a-key-of-this-journey-" + ada.user_id

    first = ada.buy(quote, card, key=key)
    repeat = ada.buy(quote, card, key=key)
    other = ada.call("POST", "/api/v1/orders", body={**ada.order_body(quote, card), "quote_hash": "0" * 64}, key=key)

    assert (first.status_code, repeat.status_code) == (202, 202)
    assert repeat.json()["id"] == first.json()["id"]
    assert repeat.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert other.json()["type"] == "urn:mercato:problem:idempotency_key_reused"
    assert len(ada.call("GET", "/api/v1/orders").json()["items"]) == 1


def test_an_order_is_nobody_elses_business(shop: Shop) -> None:
    ada, mallory = shop.customer(), shop.customer()
    order = ada.checkout(**{a_bestseller(shop): 1})

    peek = mallory.call("GET", f"/api/v1/orders/{order['id']}")
    missing = mallory.call("GET", "/api/v1/orders/0190a000-0000-7000-8000-000000000000")
    meddle = mallory.cancel(order["id"])

    assert (peek.status_code, missing.status_code, meddle.status_code) == (404, 404, 404)
    assert peek.json()["type"] == missing.json()["type"]
    assert ada.order_in(order["id"], "CONFIRMED")
    assert cards_of(mallory) == []


def cards_of(somebody: Customer) -> list[object]:
    return somebody.call("GET", "/api/v1/payment-methods").json()["items"]
