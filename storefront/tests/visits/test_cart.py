"""The cart: opened when something is put in, forgotten when the shop does not know it any more, never doubled."""

import json

from .buying import CART_ID, FORM_WORD, a_cart, a_line, kept, problem, put_cookie, sign_in

LINES = f"/api/v1/carts/{CART_ID}/lines/MUG-1"


async def test_a_cart_is_opened_when_the_first_thing_is_put_in(shop, visitor, front) -> None:
    shop.tells("/api/v1/carts", a_cart(), method="POST", status=201)
    shop.tells(LINES, a_cart(a_line(quantity=2)), method="PUT")

    answer = await visitor.post("/cart/lines", data={"sku": "MUG-1", "quantity": "2"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/cart")
    assert kept(front, visitor, "cart") == {"id": CART_ID, "pieces": 2}


async def test_putting_in_twice_asks_for_the_same_quantity_and_no_second_cart(shop, visitor) -> None:
    shop.tells("/api/v1/carts", a_cart(), method="POST", status=201)
    shop.tells(LINES, a_cart(a_line(quantity=2)), method="PUT")

    for _ in range(2):
        await visitor.post("/cart/lines", data={"sku": "MUG-1", "quantity": "2"})

    assert len(shop.asked_at("/api/v1/carts")) == 1
    assert [json.loads(each.content) for each in shop.asked_at(LINES)] == [{"quantity": 2}] * 2


async def test_a_cart_that_the_shop_does_not_know_any_more_is_followed_by_a_new_one(shop, visitor, front) -> None:
    put_cookie(front, visitor, "cart", {"id": "old.1", "pieces": 3})
    shop.tells("/api/v1/carts/old.1", problem("cart_not_found"), status=404)
    shop.tells("/api/v1/carts/old.1/lines/MUG-1", problem("cart_not_found"), method="PUT", status=404)
    shop.tells("/api/v1/carts", a_cart(), method="POST", status=201)
    shop.tells(LINES, a_cart(a_line()), method="PUT")

    put = await visitor.post("/cart/lines", data={"sku": "MUG-1", "quantity": "1"})

    assert put.status_code == 303
    assert kept(front, visitor, "cart") == {"id": CART_ID, "pieces": 1}


async def test_a_cart_of_long_ago_is_shown_as_empty(shop, visitor, front) -> None:
    put_cookie(front, visitor, "cart", {"id": "old.1", "pieces": 3})
    shop.tells("/api/v1/carts/old.1", problem("cart_not_found"), status=404)

    answer = await visitor.get("/cart")

    assert answer.status_code == 200
    assert "There is nothing in it yet" in answer.text
    assert visitor.cookies.get("cart") is None


async def test_an_anonymous_cart_comes_along_after_the_sign_in(shop, visitor, front) -> None:
    sign_in(front, visitor)
    put_cookie(front, visitor, "cart", {"id": "guest.1", "pieces": 1})
    shop.tells("/api/v1/cart", a_cart())
    shop.tells("/api/v1/cart/merge", a_cart(a_line()), method="POST")

    answer = await visitor.get("/cart")

    assert "Stone mug" in answer.text
    assert json.loads(shop.asked_at("/api/v1/cart/merge")[0].content) == {"cart_id": "guest.1"}
    assert kept(front, visitor, "cart") == {"id": CART_ID, "pieces": 1}


async def test_a_changed_price_and_what_is_left_are_said(shop, visitor, front) -> None:
    put_cookie(front, visitor, "cart", {"id": CART_ID, "pieces": 3})
    shop.tells(f"/api/v1/carts/{CART_ID}", a_cart(a_line(quantity=3, available=2, was=1200)))

    answer = await visitor.get("/cart")

    assert "was € 12.00" in answer.text
    assert "Only 2 left" in answer.text
    assert "Go to checkout" not in answer.text


async def test_a_quantity_that_cannot_be_had_is_said_beside_its_line_and_stays_as_it_was_typed(
    shop, visitor, front
) -> None:
    put_cookie(front, visitor, "cart", {"id": CART_ID, "pieces": 1})
    shop.tells(f"/api/v1/carts/{CART_ID}", a_cart(a_line()))

    answer = await visitor.post("/cart/lines", data={"sku": "MUG-1", "quantity": "many"})

    assert answer.status_code == 422
    assert 'value="many" aria-invalid="true"' in answer.text
    assert shop.asked_at(LINES) == []


async def test_a_sku_that_is_a_path_is_asked_nowhere(shop, visitor) -> None:
    shop.tells("/api/v1/categories", {"items": []})

    answer = await visitor.post("/cart/lines", data={"sku": "../../users", "quantity": "1"})

    assert answer.status_code == 404
    assert [each.url.path for each in shop.asked if each.url.path != "/api/v1/categories"] == []


async def test_what_is_in_a_cart_is_text_and_nothing_else(shop, visitor, front) -> None:
    put_cookie(front, visitor, "cart", {"id": CART_ID, "pieces": 1})
    shop.tells(f"/api/v1/carts/{CART_ID}", a_cart({**a_line(), "name": "<script>alert(1)</script>"}))

    answer = await visitor.get("/cart")

    assert "<script>alert(1)" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


async def test_a_form_of_somebody_who_is_known_needs_its_word(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells("/api/v1/cart", a_cart())
    shop.tells(LINES, a_cart(a_line()), method="PUT")

    without = await visitor.post("/cart/lines", data={"sku": "MUG-1", "quantity": "1"})
    with_it = await visitor.post("/cart/lines", data={"sku": "MUG-1", "quantity": "1", "_token": FORM_WORD})

    assert (without.status_code, with_it.status_code) == (403, 303)
    assert len(shop.asked_at(LINES)) == 1
