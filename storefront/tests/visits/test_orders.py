"""An order as its customer sees it: what happened, what is to come, and what can be done now."""

import httpx2

from .buying import FORM_WORD, ORDER, ORDER_ID, a_cart, a_line, an_order, problem, sign_in

PAGE = f"/orders/{ORDER_ID}"


async def test_a_declined_payment_is_told_kindly_with_the_way_to_try_again(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(ORDER, an_order("PENDING", "RESERVED", "CANCELLING", "CANCELLED", reason="PAYMENT_DECLINED"))

    answer = await visitor.get(PAGE)

    assert "The payment did not go through" in answer.text
    assert "Nothing was charged." in answer.text
    assert 'href="/checkout/payment">Try again' in answer.text
    assert "data-live" not in answer.text


async def test_what_ran_out_is_named(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(ORDER, an_order("PENDING", "CANCELLED", reason="OUT_OF_STOCK"))
    shop.tells("/api/v1/cart", a_cart(a_line(available=0)))

    answer = await visitor.get(PAGE)

    assert "Somebody was a moment faster" in answer.text
    assert "we ran out of Stone mug." in answer.text


async def test_without_scripts_an_order_that_is_under_way_is_looked_at_again(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(ORDER, an_order("PENDING", "RESERVED"))

    answer = await visitor.get(f"{PAGE}/thanks")

    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in answer.text
    assert f'data-live="{PAGE}/live?after=2"' in answer.text


async def test_the_payment_page_is_reached_by_a_page_and_by_no_redirect(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(ORDER, an_order("PENDING", "RESERVED", "AWAITING_CUSTOMER", payment_url="https://pay.example/s?a=1&b=2"))

    answer = await visitor.get(f"{PAGE}/pay")

    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=https://pay.example/s?a=1&amp;b=2">' in answer.text
    assert 'href="https://pay.example/s?a=1&amp;b=2">Go there now' in answer.text


async def test_a_payment_page_that_is_not_there_yet_is_waited_for(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(ORDER, an_order("PENDING"))

    answer = await visitor.get(f"{PAGE}/pay")

    assert '<meta http-equiv="refresh" content="1">' in answer.text


async def test_an_order_that_is_paid_has_nothing_left_to_pay(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(ORDER, an_order("PENDING", "CONFIRMED"))

    answer = await visitor.get(f"{PAGE}/pay")

    assert answer.headers["location"] == PAGE


async def test_cancelling_twice_is_one_wish(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(f"{ORDER}/cancel", an_order("PENDING", "CANCELLING"), method="POST", status=202)

    for _ in range(2):
        answer = await visitor.post(f"{PAGE}/cancel", data={"_token": FORM_WORD})
        assert answer.headers["location"] == PAGE

    keys = {each.headers["idempotency-key"] for each in shop.asked_at(f"{ORDER}/cancel")}
    assert keys == {f"cancel-{ORDER_ID}"}


async def test_too_late_to_cancel_is_an_answer_and_no_error(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells(f"{ORDER}/cancel", problem("order_over"), method="POST", status=409)
    shop.tells(ORDER, an_order("PENDING", "CONFIRMED", "SHIPPED"))

    answer = await visitor.post(f"{PAGE}/cancel", data={"_token": FORM_WORD})
    told = await visitor.get(answer.headers["location"])

    assert "It is too late to cancel this one." in told.text
    assert "Cancel this order" not in told.text


async def test_the_list_leads_on_by_the_shops_own_cursor(shop, visitor, front) -> None:
    sign_in(front, visitor)

    def listed(request: httpx2.Request) -> httpx2.Response:
        last = request.url.params.get("cursor") == "older=1"
        return httpx2.Response(200, json={"items": [an_order("CONFIRMED")], "next_cursor": None if last else "older=1"})

    shop.answers["GET", "/api/v1/orders"] = listed

    first = await visitor.get("/account/orders")
    last = await visitor.get("/account/orders?cursor=older%3D1")

    assert 'href="/account/orders?cursor=older%3D1">Older orders' in first.text
    assert "Older orders" not in last.text
    assert f'href="{PAGE}">Stone mug</a>' in last.text


async def test_somebody_elses_order_is_not_there(shop, visitor, front) -> None:
    sign_in(front, visitor)
    shop.tells("/api/v1/categories", {"items": []})

    answer = await visitor.get(PAGE)

    assert answer.status_code == 404
