"""Carts, quotes and shipping methods over HTTP."""

import pytest

CARTS = "/api/v1/carts"


async def test_anybody_may_have_a_cart_and_whoever_knows_its_id_may_fill_it(anybody, bob) -> None:
    opened = await anybody.post(CARTS, json={"currency": "USD"})
    assert opened.status_code == 201
    assert opened.json() == {
        "id": opened.json()["id"],
        "currency": "USD",
        "lines": [],
        "subtotal": 0,
        "fresh": True,
    }
    cart = opened.json()["id"]

    filled = await anybody.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": 3})

    assert filled.status_code == 200
    assert filled.json()["lines"] == [
        {
            "sku": "TEA-1",
            "name": "A TEA-1",
            "options": {"size": "M"},
            "product_slug": "tea-1",
            "picture": "/pictures/TEA-1.svg",
            "quantity": 3,
            "unit_price": 450,
            "total": 1350,
            "available": 10,
            "previous_unit_price": None,
        }
    ]
    assert (await anybody.get(f"{CARTS}/{cart}")).json() == filled.json() == (await bob.get(f"{CARTS}/{cart}")).json()
    emptied = await anybody.delete(f"{CARTS}/{cart}/lines/TEA-1")
    assert (emptied.status_code, emptied.json()["lines"]) == (200, [])
    assert (await anybody.delete(f"{CARTS}/{cart}/lines/TEA-1")).json() == emptied.json()


async def test_ids_of_carts_can_not_be_guessed_or_forged(anybody, refused) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]
    name, signature = cart.split(".")

    for forged in (name, f"{name}.{'0' * 32}", f"{'0' * 32}.{signature}", f"{name}.", "x", f"{cart}0", "ü.ü"):
        refused(await anybody.get(f"{CARTS}/{forged}"), 404, "cart_not_found")
        refused(await anybody.put(f"{CARTS}/{forged}/lines/TEA-1", json={"quantity": 1}), 404, "cart_not_found")


async def test_a_strangers_cart_answers_like_a_missing_one(ada, bob, anybody, refused) -> None:
    cart = (await ada.post(CARTS, json={})).json()["id"]
    name = cart.split(".")[0]
    missing = (await bob.get(f"{CARTS}/{name}.{'0' * 32}")).json()

    for stranger in (bob, anybody):
        for answer in (
            await stranger.get(f"{CARTS}/{cart}"),
            await stranger.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": 1}),
            await stranger.delete(f"{CARTS}/{cart}/lines/TEA-1"),
            await stranger.post(
                "/api/v1/quotes", json={"cart_id": cart, "country": "DE", "shipping_method": "standard"}
            ),
        ):
            refused(answer, 404, "cart_not_found")
            assert {**answer.json(), "trace": None} == {**missing, "trace": None}


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "2", None, True, 2**63])
async def test_a_quantity_is_one_to_ninety_nine(anybody, refused, quantity) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]

    answer = await anybody.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": quantity})

    refused(answer, 422, "invalid_request", "quantity")
    assert (await anybody.get(f"{CARTS}/{cart}")).json()["lines"] == []


async def test_a_line_that_can_not_be_bought_is_named(anybody, refused) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]

    refused(
        await anybody.put(f"{CARTS}/{cart}/lines/GONE-1", json={"quantity": 1}),
        422,
        "lines_not_for_sale",
        "lines.GONE-1",
    )
    refused(await anybody.put(f"{CARTS}/{cart}/lines/tea", json={"quantity": 1}), 422, "invalid_request", "sku")


async def test_a_cart_has_at_most_fifty_lines(anybody, shelf, refused) -> None:
    shelf.prices = {f"SKU-{n}": 100 for n in range(51)}
    cart = (await anybody.post(CARTS, json={})).json()["id"]
    for n in range(50):
        await anybody.put(f"{CARTS}/{cart}/lines/SKU-{n}", json={"quantity": 1})

    refused(await anybody.put(f"{CARTS}/{cart}/lines/SKU-50", json={"quantity": 1}), 422, "cart_full", "sku")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"currency": "XXX"}, ["currency"]),
        ({"currency": None}, ["currency"]),
        ({"currency": "EUR", "user_id": "me"}, ["user_id"]),
    ],
)
async def test_a_bad_cart_is_refused_by_field(anybody, refused, body, fields) -> None:
    refused(await anybody.post(CARTS, json=body), 422, "invalid_request", *fields)


async def test_a_cart_shows_todays_prices_and_points_out_the_change(anybody, shelf) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]
    await anybody.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": 2})
    await anybody.put(f"{CARTS}/{cart}/lines/CUP-2", json={"quantity": 1})
    shelf.prices["TEA-1"] = 500
    del shelf.prices["CUP-2"]

    seen = (await anybody.get(f"{CARTS}/{cart}")).json()

    tea, cup = seen["lines"]
    assert (tea["unit_price"], tea["previous_unit_price"], tea["total"], tea["available"]) == (500, 450, 1000, 10)
    assert (cup["unit_price"], cup["previous_unit_price"], cup["available"]) == (1250, None, 0)
    assert (seen["subtotal"], seen["fresh"]) == (2250, True)


async def test_without_product_a_cart_is_shown_with_the_last_prices_and_says_so(anybody, shelf, refused) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]
    await anybody.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": 2})
    shelf.down = True

    seen = (await anybody.get(f"{CARTS}/{cart}")).json()

    assert (seen["fresh"], seen["subtotal"], seen["lines"][0]["available"]) == (False, 900, None)
    put = await anybody.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": 3})
    refused(put, 503, "unavailable")
    assert put.headers["retry-after"] == "1"
    assert (await anybody.delete(f"{CARTS}/{cart}/lines/TEA-1")).json()["lines"] == []


async def test_ones_own_cart_is_found_without_its_id(ada, anybody, refused) -> None:
    first = (await ada.get("/api/v1/cart")).json()

    assert (await ada.get("/api/v1/cart")).json() == first
    refused(await anybody.get("/api/v1/cart"), 401, "not_signed_in")


async def test_an_anonymous_cart_comes_along_at_sign_in_and_once(anybody, ada, bob, refused) -> None:
    guest = (await anybody.post(CARTS, json={})).json()["id"]
    await anybody.put(f"{CARTS}/{guest}/lines/TEA-1", json={"quantity": 2})

    merged = await ada.post("/api/v1/cart/merge", json={"cart_id": guest})
    again = await ada.post("/api/v1/cart/merge", json={"cart_id": guest})

    assert (merged.status_code, again.status_code) == (200, 200)
    assert merged.json() == again.json() == (await ada.get("/api/v1/cart")).json()
    assert [(line["sku"], line["quantity"]) for line in merged.json()["lines"]] == [("TEA-1", 2)]
    refused(await bob.post("/api/v1/cart/merge", json={"cart_id": guest}), 404, "cart_not_found")
    refused(await anybody.post("/api/v1/cart/merge", json={"cart_id": guest}), 401, "not_signed_in")
    refused(await anybody.get(f"{CARTS}/{guest}"), 404, "cart_not_found")


async def test_carts_of_two_currencies_are_not_merged(anybody, ada, refused) -> None:
    mine = (await ada.get("/api/v1/cart")).json()["id"]
    await ada.put(f"{CARTS}/{mine}/lines/TEA-1", json={"quantity": 1})
    guest = (await anybody.post(CARTS, json={"currency": "JPY"})).json()["id"]
    await anybody.put(f"{CARTS}/{guest}/lines/TEA-1", json={"quantity": 1})

    refused(await ada.post("/api/v1/cart/merge", json={"cart_id": guest}), 409, "currency_differs", "cart_id")

    assert (await anybody.get(f"{CARTS}/{guest}")).status_code == 200


async def test_an_ordered_cart_is_not_changed(ada, buy, form, refused) -> None:
    body = await form(ada)
    order = (await ada.post("/api/v1/orders", json=body, headers={"Idempotency-Key": "a-key-of-this-very-wish"})).json()

    for answer in (
        await ada.put(f"{CARTS}/{body['cart_id']}/lines/TEA-1", json={"quantity": 1}),
        await ada.delete(f"{CARTS}/{body['cart_id']}/lines/TEA-1"),
    ):
        refused(answer, 409, "cart_already_ordered")
        assert answer.json()["order_id"] == order["id"]


async def test_shipping_methods_of_a_country(anybody, refused) -> None:
    answer = await anybody.get("/api/v1/shipping-methods?country=DE&currency=GBP")

    assert answer.json() == {
        "items": [
            {"code": "standard", "name": "Standard", "price": 420, "min_days": 2, "max_days": 4},
            {"code": "express", "name": "Express", "price": 850, "min_days": 1, "max_days": 2},
        ]
    }
    refused(await anybody.get("/api/v1/shipping-methods?country=ZZ"), 422, "unknown_country", "country")
    refused(await anybody.get("/api/v1/shipping-methods?country=Germany"), 422, "invalid_request", "country")
    refused(await anybody.get("/api/v1/shipping-methods"), 422, "invalid_request", "country")
    refused(await anybody.get("/api/v1/shipping-methods?country=DE&currency=XXX"), 422, "invalid_request", "currency")
    refused(await anybody.get("/api/v1/shipping-methods?country=DE&vip=1"), 422, "invalid_request", "vip")


async def test_a_quote_adds_up(anybody) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]
    await anybody.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": 2})

    answer = await anybody.post(
        "/api/v1/quotes", json={"cart_id": cart, "country": "DE", "shipping_method": "standard"}
    )

    assert answer.status_code == 200
    quote = answer.json()
    assert len(quote.pop("quote_hash")) == 64
    assert quote == {
        "currency": "EUR",
        "country": "DE",
        "shipping_method": "standard",
        "lines": [{"sku": "TEA-1", "name": "A TEA-1", "quantity": 2, "unit_price": 450, "total": 900, "tax": 171}],
        "subtotal": 900,
        "shipping": 490,
        "tax": 264,
        "discount": 0,
        "total": 1654,
    }


@pytest.mark.parametrize(
    ("change", "slug", "field"),
    [
        ({"country": "ZZ"}, "unknown_country", "country"),
        ({"country": "de"}, "invalid_request", "country"),
        ({"shipping_method": "pigeon"}, "unknown_shipping_method", "shipping_method"),
        ({"shipping_method": "worldwide"}, "unknown_shipping_method", "shipping_method"),
        ({"shipping_method": 7}, "invalid_request", "shipping_method"),
        ({"coupon": "FREE"}, "invalid_request", "coupon"),
        ({"cart_id": ""}, "invalid_request", "cart_id"),
    ],
)
async def test_a_quote_we_can_not_make_is_refused_by_field(anybody, refused, change, slug, field) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]
    await anybody.put(f"{CARTS}/{cart}/lines/TEA-1", json={"quantity": 2})
    body = {"cart_id": cart, "country": "DE", "shipping_method": "standard", **change}

    refused(await anybody.post("/api/v1/quotes", json=body), 422, slug, field)


async def test_an_empty_cart_has_no_quote(anybody, refused) -> None:
    cart = (await anybody.post(CARTS, json={})).json()["id"]
    body = {"cart_id": cart, "country": "DE", "shipping_method": "standard"}

    refused(await anybody.post("/api/v1/quotes", json=body), 422, "cart_empty", "cart_id")
