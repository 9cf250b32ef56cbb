"""One contract for products that are added, changed and shown, on the twin in memory and on PostgreSQL."""

import asyncio
import json
from typing import Any

import pytest
from product_service.domain.product import (
    Category,
    Change,
    Money,
    Product,
    ProductChanged,
    SkuTaken,
    SlugTaken,
)
from product_service.domain.search import StaffWanted, to_phrase
from product_service.domain.stock import StockLevel
from product_service.ports import Catalogue, Pictured
from product_service.use_cases.change_product import ChangeProduct

from .conftest import KITCHEN, a_product, a_variant, numbered, put

POT = a_product(
    1,
    slug="pot",
    name="Pot",
    variants=(a_variant("POT-L", 2500, options={"size": "L", "colour": "grün"}), a_variant("POT-S", 900)),
    popularity=7,
)


async def detail(catalogue: Catalogue, slug: str, currency: Any = "EUR") -> dict[str, Any] | None:
    found = await catalogue.detail(slug, currency)
    return json.loads(found) if found is not None else None


async def save(catalogue: Catalogue, product: Product) -> None:
    async with catalogue.transaction() as tx:
        await tx.save(product)


async def test_a_product_is_read_back_as_it_was_added(catalogue: Catalogue) -> None:
    await put(catalogue, POT)

    assert await catalogue.product(POT.id) == POT
    assert await catalogue.product(numbered(9)) is None
    async with catalogue.transaction() as tx:
        assert await tx.lock(POT.id) == POT
        assert await tx.lock(numbered(9)) is None


async def test_a_detail_says_everything_in_one_currency(catalogue: Catalogue) -> None:
    async with catalogue.transaction() as tx:
        await tx.add(POT, initial={"POT-L": 500})

    assert await detail(catalogue, "pot", "GBP") == {
        "id": str(numbered(1)),
        "slug": "pot",
        "name": "Pot",
        "brand": "Anvil",
        "category": "pots",
        "price": {"amount": 902, "currency": "GBP"},
        "picture": "/api/v1/pictures/pot.svg",
        "in_stock": True,
        "description": "Does what it should.",
        "attributes": {"material": "steel", "colour": "grey"},
        "tags": ["plain", "sturdy"],
        "variants": [
            {
                "sku": "POT-L",
                "options": {"size": "L", "colour": "grün"},
                "price": {"amount": 2502, "currency": "GBP"},
                "available": 99,
            },
            {"sku": "POT-S", "options": {"size": "M"}, "price": {"amount": 902, "currency": "GBP"}, "available": 0},
        ],
    }
    assert await detail(catalogue, "lid") is None


async def test_attributes_keep_the_order_that_staff_gave_them(catalogue: Catalogue) -> None:
    await put(catalogue, a_product(1, slug="pot", attributes={"weight": "2 kg", "colour": "grey", "age": "new"}))

    found = await detail(catalogue, "pot")

    assert found is not None
    assert list(found["attributes"]) == ["weight", "colour", "age"]


async def test_a_slug_is_taken_once(catalogue: Catalogue) -> None:
    await put(catalogue, POT)

    with pytest.raises(SlugTaken):
        await put(catalogue, a_product(2, slug="pot"))

    assert await catalogue.product(numbered(2)) is None
    assert await catalogue.offers(["SKU-2"], "EUR") == {}


async def test_a_sku_stays_with_the_product_that_had_it_first(catalogue: Catalogue) -> None:
    await put(catalogue, POT, a_product(2))
    thief = a_product(3, variants=(a_variant("NEW-1"), a_variant("POT-S")))

    with pytest.raises(SkuTaken):
        await put(catalogue, thief)
    with pytest.raises(SkuTaken):
        await save(catalogue, a_product(2).changed(Change(variants=(a_variant("POT-S"),)), seen_version=1))

    assert await catalogue.product(thief.id) is None
    assert await detail(catalogue, thief.slug) is None
    assert await catalogue.product(numbered(2)) == a_product(2)
    assert {sku: each.product_slug for sku, each in (await catalogue.offers(["POT-S", "NEW-1"], "EUR")).items()} == {
        "POT-S": "pot"
    }


async def test_a_sku_stays_taken_when_its_product_is_archived(catalogue: Catalogue) -> None:
    await put(catalogue, POT)
    await save(catalogue, POT.retired())

    with pytest.raises(SkuTaken):
        await put(catalogue, a_product(2, variants=(a_variant("POT-S"),)))
    with pytest.raises(SlugTaken):
        await put(catalogue, a_product(2, slug="pot"))


async def test_a_change_is_shown_everywhere(catalogue: Catalogue) -> None:
    await put(catalogue, POT, pieces=3)
    change = Change(
        name="Great pot",
        brand="Bellows",
        category="garden",
        description="New.",
        attributes={"new": "yes"},
        tags=(),
        variants=(a_variant("POT-S", 100), a_variant("POT-M", 1200)),
    )
    changed = POT.changed(change, seen_version=1)

    await save(catalogue, changed)

    assert await catalogue.product(POT.id) == changed
    found = await detail(catalogue, "pot")
    assert found is not None
    assert (found["name"], found["brand"], found["category"], found["tags"]) == ("Great pot", "Bellows", "garden", [])
    assert found["price"] == {"amount": 100, "currency": "EUR"}
    assert [(each["sku"], each["price"]["amount"], each["available"]) for each in found["variants"]] == [
        ("POT-L", 2500, 3),
        ("POT-S", 100, 3),
        ("POT-M", 1200, 0),
    ]


async def test_of_two_changes_at_once_one_is_told(catalogue: Catalogue) -> None:
    await put(catalogue, POT)
    change = ChangeProduct(catalogue)

    ends = await asyncio.gather(
        *(change(POT.id, Change(name=f"Pot {n}"), seen_version=1) for n in range(8)), return_exceptions=True
    )

    [winner] = [each for each in ends if isinstance(each, Product)]
    losers = [each for each in ends if isinstance(each, ProductChanged)]
    assert [each.version for each in losers] == [2] * 7
    assert await catalogue.product(POT.id) == winner


async def test_of_many_products_with_one_slug_at_once_one_is_added(catalogue: Catalogue) -> None:
    ends = await asyncio.gather(
        *(put(catalogue, a_product(n, slug="pot")) for n in range(1, 9)), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in ends) == ["NoneType"] + ["SlugTaken"] * 7


async def test_products_that_want_each_others_skus_at_once_do_not_wait_in_a_circle(catalogue: Catalogue) -> None:
    ends = await asyncio.gather(
        *(
            put(catalogue, a_product(n, variants=(a_variant("B-1"), a_variant("A-1"))[:: 1 if n % 2 else -1]))
            for n in range(1, 9)
        ),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in ends) == ["NoneType"] + ["SkuTaken"] * 7


async def test_what_is_archived_is_for_staff_alone(catalogue: Catalogue) -> None:
    await put(catalogue, POT)

    await save(catalogue, POT.retired())

    assert await detail(catalogue, "pot") is None
    assert await catalogue.offers(["POT-L", "POT-S"], "EUR") == {}
    assert await catalogue.product(POT.id) == POT.retired()


async def test_a_picture_is_drawn_of_what_has_left_too(catalogue: Catalogue) -> None:
    await put(catalogue, POT)
    assert await catalogue.pictured(["pot"]) == {"pot": Pictured("pot", "Pot", "pots")}

    await save(catalogue, POT.retired())

    assert await catalogue.pictured(["lid", "pot", "pot"]) == {"pot": Pictured("pot", "Pot", "pots")}
    assert await catalogue.pictured([]) == {}


async def test_offers_are_made_for_what_is_for_sale(catalogue: Catalogue) -> None:
    await put(catalogue, POT, pieces=100)

    found = await catalogue.offers(["POT-L", "NOPE-1"], "JPY")

    assert list(found) == ["POT-L"]
    offer = found["POT-L"]
    assert (offer.product_slug, offer.name, dict(offer.options)) == ("pot", "Pot", {"size": "L", "colour": "grün"})
    assert (offer.unit_price, offer.available) == (Money(2503, "JPY"), 99)
    assert await catalogue.offers([], "EUR") == {}


async def test_a_category_is_replaced_under_its_slug(catalogue: Catalogue) -> None:
    async with catalogue.transaction() as tx:
        assert await tx.has_category("kitchen")
        assert not await tx.has_category("attic")
        await tx.put_category(Category("kitchen", "Cooking", "All for cooks.", None, 5))

    names = {each["slug"]: each["name"] for each in json.loads(await catalogue.categories())}
    assert names == {"kitchen": "Cooking", "pots": "Pots", "lids": "Lids", "garden": "Garden"}
    assert names["kitchen"] != KITCHEN.name


async def test_nothing_is_kept_of_a_transaction_that_failed(catalogue: Catalogue) -> None:
    async def fail_after_writing() -> None:
        async with catalogue.transaction() as tx:
            await tx.add(POT, initial={"POT-L": 5})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_writing()

    assert await catalogue.product(POT.id) is None
    await put(catalogue, POT, pieces=2)
    found = await detail(catalogue, "pot")
    assert found is not None
    assert [each["available"] for each in found["variants"]] == [2, 2]


async def test_staffs_list_has_the_newest_first_with_the_level_of_each_sku(catalogue: Catalogue) -> None:
    await put(catalogue, POT, pieces=5)
    await put(catalogue, *(a_product(number) for number in range(20, 23)), pieces=1)

    first = await catalogue.stocked(StaffWanted(archived=False, limit=3))
    rest = await catalogue.stocked(StaffWanted(archived=False, limit=3, before=first[-1].product.id))

    assert [each.product.slug for each in first] == ["thing-22", "thing-21", "thing-20"]
    assert [each.product for each in rest] == [POT]
    assert rest[0].levels == {sku: StockLevel(sku, 5, 0) for sku in POT.skus}


async def test_staff_finds_what_is_in_the_shop_or_what_has_left_it(catalogue: Catalogue) -> None:
    await put(catalogue, POT, a_product(20, name="Copper kettle"), a_product(21, name="Copper pan"))
    await save(catalogue, a_product(21, name="Copper pan").retired())

    async def found(*, archived: bool, typed: str | None) -> list[str]:
        phrase = to_phrase(typed) if typed else None
        listed = await catalogue.stocked(StaffWanted(archived=archived, limit=10, phrase=phrase))
        return [each.product.slug for each in listed]

    assert await found(archived=False, typed="copper") == ["thing-20"]
    assert await found(archived=True, typed="copp") == ["thing-21"]
    assert await found(archived=True, typed="kettle") == []
    assert await found(archived=True, typed=None) == ["thing-21"]
    assert await found(archived=False, typed=None) == ["thing-20", "pot"]


async def test_staff_finds_by_a_whole_sku_what_is_called_otherwise(catalogue: Catalogue) -> None:
    await put(catalogue, POT, a_product(20, name="Copper kettle"))
    sku = POT.skus[-1]

    async def found(typed: str, **more: object) -> list[str]:
        wanted = StaffWanted(archived=False, limit=10, phrase=to_phrase(typed), sku=typed, **more)
        return [each.product.slug for each in await catalogue.stocked(wanted)]

    assert await found(sku) == ["pot"]
    assert await found("NO-SUCH-SKU") == []
    assert await found("copper") == ["thing-20"]
    assert await found(sku, before=POT.id) == []
