"""Rooms, search and things, before a shop that answers from a table."""

import json
import re

import httpx2
import pytest

CATEGORIES = [
    {"slug": "kitchen", "name": "Kitchen", "description": "Pans and plates.", "parent": None, "position": 1},
    {"slug": "pots-pans", "name": "Pots & pans", "description": "Iron.", "parent": "kitchen", "position": 1},
    {"slug": "garden", "name": "Garden", "description": "Tools.", "parent": None, "position": 2},
]
LIST, PAN = "/api/v1/products", "/api/v1/products/iron-pan"


def card(slug: str, *, name: str = "Iron pan", brand: str = "Tarnholt", in_stock: bool = True) -> dict:
    return {
        "id": "019cdbea-bcc0-7d26-9a5f-2da0eedd016f",
        "slug": slug,
        "name": name,
        "brand": brand,
        "category": "pots-pans",
        "price": {"amount": 3200, "currency": "EUR"},
        "picture": f"/api/v1/pictures/{slug}.svg",
        "in_stock": in_stock,
    }


def variant(sku: str, *, size: str, amount: int = 3200, available: int = 9) -> dict:
    price = {"amount": amount, "currency": "EUR"}
    return {"sku": sku, "options": {"size": size}, "price": price, "available": available}


def detail(*variants: dict, **more) -> dict:
    facts = {"description": "Of iron.", "attributes": {"burning_time": "never"}, "tags": ["iron"]}
    sold = any(each["available"] for each in variants)
    return {**card("iron-pan", in_stock=sold), **facts, "variants": list(variants), **more}


@pytest.fixture(autouse=True)
def stocked(shop) -> None:
    shop.tells("/api/v1/categories", {"items": CATEGORIES})
    shop.tells(LIST, {"items": [card("iron-pan"), card("fork", brand="Dunmarle")], "next_cursor": "abc"})
    shop.tells(PAN, detail(variant("PAN-S", size="small"), variant("PAN-L", size="large", amount=4800, available=3)))


def asked_for(shop) -> dict[str, str]:
    """The last question for a list that a visitor is shown: not the one that brands are taken from."""
    return next(dict(each.url.params) for each in reversed(shop.asked_at(LIST)) if each.url.params["limit"] != "100")


async def test_a_product_page_costs_two_questions(shop, visitor) -> None:
    await visitor.get("/products/iron-pan")
    shop.asked.clear()

    answer = await visitor.get("/products/iron-pan")

    assert answer.status_code == 200
    assert [each.url.path for each in shop.asked] == [PAN, LIST]


async def test_a_product_that_somebody_has_just_looked_at_costs_no_question_unless_one_learns(shop, visitor) -> None:
    for path, body in ((PAN, detail(variant("PAN-S", size="small"))), (LIST, {"items": [card("fork")]})):
        answer = httpx2.Response(200, json=body, headers={"Cache-Control": "public, max-age=4"})
        shop.answers["GET", path] = lambda _, answer=answer: answer
    await visitor.get("/products/iron-pan")
    shop.asked.clear()

    page = (await visitor.get("/products/iron-pan")).text
    assert 'href="/products/fork"' in page
    assert shop.asked == []

    page = (await visitor.get("/products/iron-pan", headers={"Cookie": "learning=on"})).text
    assert [each.url.path for each in shop.asked] == [PAN, LIST]
    assert f"<code>GET {PAN}</code>" in page


async def test_beside_a_product_lies_what_is_popular_in_its_department_and_not_itself(shop, visitor) -> None:
    page = (await visitor.get("/products/iron-pan")).text

    assert asked_for(shop) == {"category": "kitchen", "sort": "popular", "limit": "5"}
    assert re.findall(r'class="good".*?href="([^"]+)"', page, re.DOTALL) == ["/products/fork"]


async def test_a_product_is_shown_with_its_variants_and_their_stock(visitor) -> None:
    page = (await visitor.get("/products/iron-pan")).text

    assert 'value="PAN-S" checked' in page
    assert 'value="PAN-L" data-price="€ 48.00" data-stock="Only 3 left"' in page
    assert "<dt>Burning time</dt><dd>never</dd>" in page
    assert 'href="/categories/kitchen">Kitchen</a>' in page


async def test_an_address_may_say_which_variant_is_chosen(visitor) -> None:
    assert 'value="PAN-L" checked' in (await visitor.get("/products/iron-pan?variant=PAN-L")).text


async def test_what_is_sold_out_cannot_be_put_into_the_cart(shop, visitor) -> None:
    shop.tells(PAN, detail(variant("PAN-S", size="small", available=0)))

    page = (await visitor.get("/products/iron-pan")).text

    assert "All of them are sold at the moment" in page
    assert "Put it in the cart" not in page


async def test_a_product_can_be_bought_while_its_neighbours_cannot_be_listed(shop, visitor) -> None:
    def nobody(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody is there", request=request)

    shop.answers["GET", LIST] = nobody

    answer = await visitor.get("/products/iron-pan")

    assert answer.status_code == 200
    assert "Put it in the cart" in answer.text
    assert "From the same room" not in answer.text


async def test_what_a_product_is_called_is_never_markup(shop, visitor) -> None:
    evil = "</script><script>alert(1)</script>"
    shop.tells(PAN, detail(variant("PAN-S", size=evil), name=evil, description=evil, brand=evil, tags=[evil]))
    shop.tells(LIST, {"items": [card("fork", name=evil, brand=evil)], "next_cursor": None})

    for path in ("/products/iron-pan", "/search?q=x", "/search/suggestions?q=x"):
        assert "<script>alert" not in (await visitor.get(path)).text


async def test_machines_are_told_of_a_product_in_the_words_of_schema_org(visitor) -> None:
    page = (await visitor.get("/products/iron-pan")).text

    told = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])

    assert [each["price"] for each in told["offers"]] == ["32.00", "48.00"]


@pytest.mark.parametrize("path", ["/products/unheard-of", "/categories/unheard-of", "/unheard-of"])
async def test_what_there_is_not_is_answered_with_a_search_and_the_rooms(visitor, path) -> None:
    answer = await visitor.get(path)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert 'action="/search"' in answer.text
    assert '<a class="pill" href="/categories/garden">' in answer.text


async def test_a_room_is_not_denied_while_the_catalogue_is_away(shop, visitor) -> None:
    shop.away.add("/api/v1/")

    answer = await visitor.get("/categories/kitchen")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


async def test_filters_are_asked_for_in_the_words_of_the_interface(shop, visitor) -> None:
    await visitor.get("/categories/kitchen?brand=Tarnholt&price_from=10&price_to=49,5&in_stock=yes&sort=-price")

    assert asked_for(shop) == {
        "category": "kitchen",
        "brand": "Tarnholt",
        "min_price": "1000",
        "max_price": "4950",
        "in_stock": "true",
        "sort": "-price",
        "limit": "24",
    }


async def test_each_filter_can_be_dropped_alone(visitor) -> None:
    page = (await visitor.get("/search?q=pan&room=kitchen&brand=Tarnholt&price_to=40")).text

    assert 'href="/search?q=pan&amp;brand=Tarnholt&amp;price_to=40">Kitchen' in page
    assert 'href="/search?q=pan&amp;room=kitchen&amp;price_to=40">Tarnholt' in page
    assert 'href="/search?q=pan&amp;room=kitchen&amp;brand=Tarnholt">Up to € 40' in page
    assert 'href="/search?q=pan">Drop all' in page


@pytest.mark.parametrize("wrong", ["ten", "-1", "1.234", "99999999"])
async def test_a_price_that_is_none_is_kept_as_it_was_typed_and_not_asked_for(shop, visitor, wrong) -> None:
    answer = await visitor.get("/categories/kitchen", params={"price_from": wrong, "brand": "Tarnholt"})

    assert answer.status_code == 422
    assert f'value="{wrong}" aria-invalid="true"' in answer.text
    assert "A price, please" in answer.text
    assert asked_for(shop) == {"category": "kitchen", "brand": "Tarnholt", "sort": "popular", "limit": "24"}


async def test_prices_that_exclude_each_other_are_said_to(visitor) -> None:
    answer = await visitor.get("/categories/kitchen?price_from=20&price_to=10")

    assert answer.status_code == 422
    assert "Nothing costs more than 20 and less than 10." in answer.text


async def test_brands_are_counted_only_where_all_of_them_are_known(shop, visitor) -> None:
    assert '<option value="Tarnholt">Tarnholt</option>' in (await visitor.get("/categories/kitchen")).text

    shop.tells(LIST, {"items": [card("iron-pan"), card("lid")], "next_cursor": None})

    assert '<option value="Tarnholt">Tarnholt (2)</option>' in (await visitor.get("/categories/garden")).text


async def test_more_of_a_list_is_where_its_first_page_ended(shop, visitor) -> None:
    page = (await visitor.get("/categories/kitchen?brand=Tarnholt")).text
    assert 'href="/categories/kitchen?brand=Tarnholt&amp;after=abc">More of these' in page

    page = (await visitor.get("/categories/kitchen?brand=Tarnholt&after=abc")).text
    assert asked_for(shop)["cursor"] == "abc"
    assert 'href="/categories/kitchen?brand=Tarnholt">Back to the beginning' in page


async def test_a_place_in_a_list_that_is_not_there_any_more_leads_to_its_beginning(shop, visitor) -> None:
    def refuse_cursors(request: httpx2.Request) -> httpx2.Response:
        if "cursor" in request.url.params:
            return httpx2.Response(422, json={"type": "urn:mercato:problem:bad_cursor", "detail": "No such place."})
        return httpx2.Response(200, json={"items": []})

    shop.answers["GET", LIST] = refuse_cursors

    answer = await visitor.get("/search?q=pan&after=nonsense")

    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=pan")


async def test_nothing_found_has_a_way_out(shop, visitor) -> None:
    shop.tells(LIST, {"items": [], "next_cursor": None})

    assert '<a class="pill" href="/categories/garden">' in (await visitor.get("/search?q=zzz")).text
    assert "Drop the filters" in (await visitor.get("/search?q=zzz&in_stock=yes")).text


async def test_suggestions_are_rooms_and_things_and_everything(visitor) -> None:
    page = (await visitor.get("/search/suggestions?q=pan")).text

    assert re.findall(r'href="([^"]+)" aria', page) == [
        "/categories/pots-pans",
        "/products/iron-pan",
        "/products/fork",
        "/search?q=pan",
    ]


async def test_nothing_typed_asks_for_no_suggestions(shop, visitor) -> None:
    assert (await visitor.get("/search/suggestions?q=%20")).status_code == 200
    assert shop.asked_at(LIST) == []


@pytest.mark.parametrize("path", ["/", "/categories/kitchen", "/search?q=pan", "/products/iron-pan"])
async def test_pages_for_everybody_may_be_kept_and_are_recognised(visitor, path) -> None:
    first = await visitor.get(path)
    again = await visitor.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "public, max-age=5"
    assert (again.status_code, again.content) == (304, b"")


async def test_a_visitor_with_a_cookie_gets_a_page_that_nobody_keeps(visitor) -> None:
    answer = await visitor.get("/products/iron-pan", headers={"Cookie": "theme=dark"})

    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers


async def test_a_page_of_many_products_asks_for_all_pictures_at_once(visitor) -> None:
    page = (await visitor.get("/search")).text

    assert set(re.findall(r'href="(/api/v1/pictures[^"#]*)#', page)) == {"/api/v1/pictures?slugs=fork,iron-pan"}


async def test_the_pictures_of_the_window_do_not_change_their_address_with_their_order(shop, visitor) -> None:
    def sheets(page: str) -> set[str]:
        return set(re.findall(r'href="(/api/v1/pictures[^"#]*)#', page))

    before = sheets((await visitor.get("/")).text)
    shop.tells(LIST, {"items": [card("fork", brand="Dunmarle"), card("iron-pan")], "next_cursor": "abc"})

    assert sheets((await visitor.get("/")).text) == before
