"""One contract for lists, on the twin in memory and on PostgreSQL."""

import json
from dataclasses import replace
from typing import Any

import pytest
from product_service.domain.product import Category, UnknownCategory
from product_service.domain.search import Sort, Wanted, to_phrase
from product_service.ports import Catalogue

from .conftest import a_product, a_variant, numbered, put


def wanted(sort: Sort = "newest", **others: Any) -> Wanted:
    if "q" in others:
        others["phrase"] = to_phrase(others.pop("q"))
    return Wanted(**({"currency": "EUR", "sort": sort, "limit": 20} | others))


async def slugs(catalogue: Catalogue, **others: Any) -> list[str]:
    """What one page shows."""
    return [each["slug"] for each in json.loads((await catalogue.page(wanted(**others))).items)]


async def all_slugs(catalogue: Catalogue, asked: Wanted) -> list[list[str]]:
    """Page after page, as far as there are any."""
    pages: list[list[str]] = []
    while True:
        page = await catalogue.page(asked)
        pages.append([each["slug"] for each in json.loads(page.items)])
        if page.end is None:
            return pages
        assert len(pages) < 100, "there is no end"
        asked = replace(asked, after=page.end)


async def test_a_card_says_what_a_list_needs(catalogue: Catalogue) -> None:
    cheap, dear = a_variant("POT-S", 900), a_variant("POT-L", 2500)
    await put(catalogue, a_product(1, slug="pot", name="Pot", variants=(dear, cheap)))

    page = await catalogue.page(wanted(currency="USD"))

    assert page.end is None
    assert json.loads(page.items) == [
        {
            "id": str(numbered(1)),
            "slug": "pot",
            "name": "Pot",
            "brand": "Anvil",
            "category": "pots",
            "price": {"amount": 901, "currency": "USD"},
            "picture": "/api/v1/pictures/pot.svg",
            "in_stock": True,
        }
    ]


async def test_an_empty_shop_has_an_empty_page(catalogue: Catalogue) -> None:
    page = await catalogue.page(wanted())

    assert (json.loads(page.items), page.end) == ([], None)


@pytest.mark.parametrize("sort", ["newest", "popular", "price", "-price", "relevance"])
async def test_paging_shows_each_product_once_although_most_are_alike(catalogue: Catalogue, sort: Sort) -> None:
    await put(
        catalogue,
        *(
            a_product(n, name="Thing", popularity=n % 2, variants=(a_variant(f"SKU-{n}", 1000 + n % 3),))
            for n in (4, 1, 7, 3, 6, 2, 5)
        ),
    )

    orders = {
        "newest": [7, 6, 5, 4, 3, 2, 1],
        "popular": [7, 5, 3, 1, 6, 4, 2],
        "price": [3, 6, 1, 4, 7, 2, 5],
        "-price": [5, 2, 7, 4, 1, 6, 3],
        "relevance": [7, 6, 5, 4, 3, 2, 1],
    }
    for limit in (1, 2, 3, 7, 100):
        pages = await all_slugs(catalogue, wanted(sort, limit=limit, q="thing"))
        assert [len(each) for each in pages[:-1]] == [limit] * (len(pages) - 1)
        shown = [int(slug.removeprefix("thing-")) for page in pages for slug in page]
        assert shown == orders[sort]


async def test_what_is_added_meanwhile_neither_repeats_nor_hides_anything(catalogue: Catalogue) -> None:
    await put(catalogue, *(a_product(n) for n in (2, 3, 4)))
    first = await catalogue.page(wanted(limit=2))
    await put(catalogue, a_product(1), a_product(5))

    second = await catalogue.page(wanted(limit=2, after=first.end))

    assert [each["slug"] for each in json.loads(second.items)] == ["thing-2", "thing-1"]
    assert second.end is None


async def test_a_category_shows_what_its_subcategories_have(catalogue: Catalogue) -> None:
    await put(
        catalogue,
        *(a_product(n, category=name) for n, name in enumerate(["kitchen", "pots", "lids", "garden"], start=1)),
    )

    assert await slugs(catalogue, category="kitchen") == ["thing-3", "thing-2", "thing-1"]
    assert await slugs(catalogue, category="pots") == ["thing-3", "thing-2"]
    assert await slugs(catalogue, category="lids") == ["thing-3"]
    with pytest.raises(UnknownCategory):
        await catalogue.page(wanted(category="attic"))


async def test_a_category_without_goods_is_an_empty_page(catalogue: Catalogue) -> None:
    assert await slugs(catalogue, category="garden") == []


async def test_a_brand_is_found_in_any_case_and_only_whole(catalogue: Catalogue) -> None:
    await put(catalogue, a_product(1, brand="Größe & Co"), a_product(2, brand="Größe"))

    assert await slugs(catalogue, brand="GRÖSSE & co".replace("SS", "ß")) == ["thing-1"]
    assert await slugs(catalogue, brand="größe") == ["thing-2"]
    assert await slugs(catalogue, brand="größ%") == []


async def test_prices_are_bounded_inclusively_in_the_currency_asked_for(catalogue: Catalogue) -> None:
    await put(catalogue, *(a_product(n, variants=(a_variant(f"SKU-{n}", n * 100),)) for n in (1, 2, 3)))

    assert await slugs(catalogue, min_price=200, max_price=300) == ["thing-3", "thing-2"]
    assert await slugs(catalogue, min_price=200, max_price=300, currency="USD") == ["thing-2"]
    assert await slugs(catalogue, max_price=100) == ["thing-1"]
    assert await slugs(catalogue, min_price=301) == []


async def test_the_price_of_a_product_is_that_of_its_cheapest_variant_in_each_currency(catalogue: Catalogue) -> None:
    crossed = (
        a_variant("A-1", prices={"EUR": 100, "USD": 900, "GBP": 5, "JPY": 7}),
        a_variant("B-1", prices={"EUR": 200, "USD": 300, "GBP": 6, "JPY": 0}),
    )
    await put(catalogue, a_product(1, variants=crossed))

    for currency, amount in {"EUR": 100, "USD": 300, "GBP": 5, "JPY": 0}.items():
        [card] = json.loads((await catalogue.page(wanted(currency=currency))).items)
        assert card["price"] == {"amount": amount, "currency": currency}


async def test_stock_in_any_variant_is_stock(catalogue: Catalogue) -> None:
    two = (a_variant("A-1"), a_variant("A-2"))
    async with catalogue.transaction() as tx:
        await tx.add(a_product(1, variants=two), initial={"A-2": 1})
        await tx.add(a_product(2), initial={})

    assert await slugs(catalogue, in_stock=True) == ["thing-1"]
    assert await slugs(catalogue, in_stock=False) == ["thing-2"]
    shown = {each["slug"]: each["in_stock"] for each in json.loads((await catalogue.page(wanted())).items)}
    assert shown == {"thing-1": True, "thing-2": False}


async def test_filters_are_all_of_them_at_once(catalogue: Catalogue) -> None:
    await put(
        catalogue,
        a_product(1, name="Red pot", category="pots", brand="Anvil"),
        a_product(2, name="Red pot", category="garden", brand="Anvil"),
        a_product(3, name="Red pot", category="lids", brand="Bellows"),
        a_product(4, name="Blue pot", category="lids", brand="Anvil"),
    )

    asked = {"q": "red", "category": "kitchen", "brand": "anvil", "min_price": 1, "max_price": 5000, "in_stock": True}

    for sort in ("newest", "popular", "price", "-price", "relevance"):
        assert await slugs(catalogue, sort=sort, **asked) == ["thing-1"]


async def test_what_is_archived_is_not_shown(catalogue: Catalogue) -> None:
    await put(catalogue, a_product(1), a_product(2))
    async with catalogue.transaction() as tx:
        found = await tx.lock(numbered(2))
        assert found is not None
        await tx.save(found.retired())

    for sort in ("newest", "popular", "price", "-price"):
        assert await slugs(catalogue, sort=sort) == ["thing-1"]
    assert await slugs(catalogue, sort="relevance", q="thing") == ["thing-1"]


async def test_each_category_is_followed_by_what_is_below_it(catalogue: Catalogue) -> None:
    async with catalogue.transaction() as tx:
        await tx.put_category(Category("attic", "Attic", "Dark.", "garden", 2))
        await tx.put_category(Category("boxes", "Boxes", "Closed.", "attic", 1))
        await tx.put_category(Category("zinnias", "Zinnias", "Red.", "garden", 1))

    found = json.loads(await catalogue.categories())

    assert [each["slug"] for each in found] == ["kitchen", "pots", "lids", "garden", "zinnias", "attic", "boxes"]
    assert found[1] == {
        "slug": "pots",
        "name": "Pots",
        "description": "To cook in.",
        "parent": "kitchen",
        "position": 1,
    }
