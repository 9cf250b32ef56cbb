"""The catalogue over HTTP, for everybody."""

import base64
import json
from xml.etree import ElementTree

import httpx2
import pytest
from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.api.schemas import CategoryList, ProductCard, ProductDetail
from product_service.domain.product import Change
from product_service.wiring import ProductService

from .answers import fields, slug

GOODS = [product for product, _ in seed_catalogue().products]
A_PRODUCT = GOODS[0]
BAD_PARAMETERS = {
    "colour=red": "colour",
    "limit=5&limit=6": "limit",
    "limit=0": "limit",
    "limit=101": "limit",
    "limit=ten": "limit",
    "sort=cheapest": "sort",
    "currency=XXX": "currency",
    "currency=eur": "currency",
    "min_price=-1": "min_price",
    "max_price=1000000001": "max_price",
    "min_price=1.5": "min_price",
    "min_price=2&max_price=1": "min_price",
    "in_stock=perhaps": "in_stock",
    "q=": "q",
    "q=%00": "q",
    f"q={'x' * 201}": "q",
    "brand=%00": "brand",
    "brand=": "brand",
    "category=attic": "category",
    "category=A%00": "category",
    "sort=relevance": "sort",
}
FORGED_KEYS: list[list[object]] = [
    [2**31, "0190a000-0000-7000-8000-000000000001"],
    [-(2**63), "0190a000-0000-7000-8000-000000000001"],
    [1, "no-uuid"],
    [1, "\u0000"],
    ["1", "0190a000-0000-7000-8000-000000000001"],
    [True, "0190a000-0000-7000-8000-000000000001"],
    [1.5, "0190a000-0000-7000-8000-000000000001"],
    [None, None],
    [],
    [[], {}],
]


async def test_categories_are_listed_flat_with_their_parents(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/categories")

    assert answer.status_code == 200
    found = CategoryList.model_validate(answer.json()).items
    assert len([each for each in found if each.parent is None]) >= 8
    known = {None}
    for each in found:
        assert each.parent in known
        known.add(each.slug)


async def test_a_list_is_a_page_of_cards_newest_first(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/products")

    assert answer.status_code == 200
    cards = [ProductCard.model_validate(each) for each in answer.json()["items"]]
    assert [each.id for each in cards] == sorted((each.id for each in GOODS), reverse=True)[:20]
    assert answer.json()["next_cursor"] is not None


@pytest.mark.parametrize("sort", ["newest", "popular", "price", "-price"])
async def test_the_cursor_leads_to_the_end_and_meets_everything_once(client: httpx2.AsyncClient, sort: str) -> None:
    found: list[str] = []
    asked = {"sort": sort, "limit": 7, "currency": "JPY"}
    while True:
        page = (await client.get("/api/v1/products", params=asked)).json()
        found += [each["id"] for each in page["items"]]
        assert len(found) <= len(GOODS), "something is shown twice"
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]

    assert sorted(found) == sorted(str(each.id) for each in GOODS)


async def test_with_a_search_text_the_best_hit_comes_first_unless_told_otherwise(client: httpx2.AsyncClient) -> None:
    ranked = (await client.get("/api/v1/products", params={"q": A_PRODUCT.name})).json()["items"]
    by_price = (await client.get("/api/v1/products", params={"q": A_PRODUCT.name, "sort": "price"})).json()["items"]

    assert ranked[0]["id"] == str(A_PRODUCT.id)
    assert sorted(each["id"] for each in by_price) == sorted(each["id"] for each in ranked)
    prices = [each["price"]["amount"] for each in by_price]
    assert prices == sorted(prices)


async def test_every_product_is_found_by_its_name_and_by_the_beginning_of_it(client: httpx2.AsyncClient) -> None:
    for product in GOODS:
        for q in (product.name, product.name[:-1], f'"{product.name}"', product.name.split()[0].upper()):
            found = (await client.get("/api/v1/products", params={"q": q, "limit": 100})).json()["items"]
            assert str(product.id) in [each["id"] for each in found], q


async def test_a_product_has_its_variants_and_prices_in_the_currency_asked_for(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"/api/v1/products/{A_PRODUCT.slug}", params={"currency": "USD"})

    found = ProductDetail.model_validate(answer.json())
    assert (found.id, found.name, found.price.currency) == (A_PRODUCT.id, A_PRODUCT.name, "USD")
    assert {each.sku: each.price.amount for each in found.variants} == {
        each.sku: each.prices["USD"] for each in A_PRODUCT.variants
    }


async def test_every_picture_is_svg_that_runs_and_loads_nothing(client: httpx2.AsyncClient) -> None:
    card = (await client.get("/api/v1/products")).json()["items"][0]

    answer = await client.get(card["picture"])

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert ElementTree.fromstring(answer.text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert "<script" not in answer.text
    assert "href" not in answer.text


async def test_a_page_gets_its_pictures_with_one_request(client: httpx2.AsyncClient) -> None:
    cards = (await client.get("/api/v1/products?limit=24")).json()["items"]
    slugs = [card["slug"] for card in cards]

    answer = await client.get("/api/v1/pictures", params={"slugs": ",".join(["no-such-thing", *slugs[1:], slugs[1]])})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    symbols = list(ElementTree.fromstring(answer.text))  # noqa: S314 - our own
    assert [each.get("id") for each in symbols] == [f"p-{slug}" for slug in slugs[1:]]
    assert [each.findtext("{http://www.w3.org/2000/svg}title") for each in symbols] == [c["name"] for c in cards[1:]]


async def test_so_many_pictures_are_drawn_at_once_and_no_more(client: httpx2.AsyncClient) -> None:
    forty = ",".join(f"thing-{number}" for number in range(40))

    assert (await client.get(f"/api/v1/pictures?slugs={forty}")).status_code == 200
    for wrong in (f"?slugs={forty},thing-40", "?slugs=", "", "?slugs=a,,b", "?slugs=a,B", f"?slugs={'a' * 4040}"):
        assert fields(await client.get(f"/api/v1/pictures{wrong}")) == ["slugs"], wrong


async def test_what_a_client_has_seen_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    for path in (
        "/api/v1/categories",
        "/api/v1/products?q=a&limit=3",
        f"/api/v1/products/{A_PRODUCT.slug}",
        f"/api/v1/pictures/{A_PRODUCT.slug}.svg",
        f"/api/v1/pictures?slugs={A_PRODUCT.slug}",
    ):
        first = await client.get(path)
        tag = first.headers["etag"]
        for seen in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await client.get(path, headers={"If-None-Match": seen})
            assert (again.status_code, again.content) == (304, b"")
            assert (again.headers["etag"], again.headers["cache-control"]) == (tag, first.headers["cache-control"])
        other = await client.get(path, headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.content) == (200, first.content)


async def test_what_has_changed_is_sent_again(client: httpx2.AsyncClient, service: ProductService) -> None:
    path = f"/api/v1/products/{A_PRODUCT.slug}"
    tag = (await client.get(path)).headers["etag"]

    await service.change_product(A_PRODUCT.id, Change(name="Renamed"), seen_version=1)

    again = await client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.json()["name"]) == (200, "Renamed")
    assert again.headers["etag"] != tag


async def test_caches_keep_the_catalogue_for_less_than_five_seconds(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/categories", "/api/v1/products", f"/api/v1/products/{A_PRODUCT.slug}"):
        assert (await client.get(path)).headers["cache-control"] == "public, max-age=4"
    assert (await client.get("/api/v1/products?limit=0")).headers["cache-control"] == "no-store"


async def test_what_is_not_there_is_not_found(client: httpx2.AsyncClient) -> None:
    for path in ("products/no-such-thing", "pictures/no-such-thing.svg", "products/No Such Thing"):
        answer = await client.get(f"/api/v1/{path}")
        assert (answer.status_code, slug(answer)) == (404, "product_not_found")


async def test_a_bad_parameter_is_refused_by_name(client: httpx2.AsyncClient) -> None:
    named = {query: fields(await client.get(f"/api/v1/products?{query}")) for query in BAD_PARAMETERS}

    assert named == {query: [field] for query, field in BAD_PARAMETERS.items()}


async def test_a_cursor_is_good_for_its_own_sorting_and_currency_alone(client: httpx2.AsyncClient) -> None:
    cursor = (await client.get("/api/v1/products?sort=price&limit=3")).json()["next_cursor"]

    assert (await client.get(f"/api/v1/products?sort=price&cursor={cursor}")).status_code == 200
    for query in ("sort=-price", "sort=newest", "sort=price&currency=USD"):
        answer = await client.get(f"/api/v1/products?{query}&cursor={cursor}")
        assert (fields(answer), slug(answer)) == (["cursor"], "invalid_cursor")


async def test_a_forged_cursor_is_refused(client: httpx2.AsyncClient) -> None:
    for keys in FORGED_KEYS:
        forged = base64.urlsafe_b64encode(json.dumps(["products:price:EUR", *keys]).encode()).decode().rstrip("=")
        answer = await client.get("/api/v1/products", params={"sort": "price", "cursor": forged})
        assert fields(answer) == ["cursor"], keys


async def test_only_reading_is_possible(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/categories", "/api/v1/products", f"/api/v1/products/{A_PRODUCT.slug}"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await client.request(method, path)).status_code == 405


async def test_the_public_door_does_not_lead_inside(client: httpx2.AsyncClient) -> None:
    for path in ("/internal/quote", "/metrics", "/facts", "/livez", "/readyz"):
        assert (await client.get(path)).status_code == 404
