from typing import Any
from uuid import UUID

import pytest
from product_service.domain.product import (
    CURRENCIES,
    MAX_VARIANTS,
    Change,
    Money,
    Product,
    ProductArchived,
    ProductChanged,
    TooManyVariants,
    Variant,
)


def a_variant(sku: str, eur: int = 1000) -> Variant:
    return Variant(sku, {}, {**dict.fromkeys(CURRENCIES, 5), "EUR": eur})


def a_pot(**others: Any) -> Product:
    fields: dict[str, Any] = {
        "id": UUID(int=1),
        "slug": "pot",
        "name": "Pot",
        "brand": "Anvil",
        "category": "pots",
        "description": "Round.",
        "attributes": {"material": "steel"},
        "tags": ("round",),
        "variants": (a_variant("POT-L", 2500), a_variant("POT-S", 900)),
    }
    return Product(**(fields | others))


def test_the_price_of_a_product_is_that_of_its_cheapest_variant() -> None:
    assert a_pot().lowest_price("EUR") == Money(900, "EUR")


def test_what_is_not_named_in_a_change_stays() -> None:
    changed = a_pot().changed(Change(name="Great pot"), seen_version=1)

    assert changed == a_pot(name="Great pot", version=2)


def test_empty_attributes_and_tags_are_a_change() -> None:
    changed = a_pot().changed(Change(attributes={}, tags=()), seen_version=1)

    assert (changed.attributes, changed.tags) == ({}, ())


def test_variants_are_replaced_in_place_or_added_at_the_end_and_never_taken_away() -> None:
    changed = a_pot().changed(Change(variants=(a_variant("POT-M"), a_variant("POT-L", 2000))), seen_version=1)

    assert changed.variants == (a_variant("POT-L", 2000), a_variant("POT-S", 900), a_variant("POT-M"))


def test_who_saw_an_older_version_changes_nothing() -> None:
    with pytest.raises(ProductChanged) as refused:
        a_pot(version=3).changed(Change(name="Great pot"), seen_version=2)

    assert refused.value.version == 3


def test_variants_have_an_end() -> None:
    full = a_pot(variants=tuple(a_variant(f"POT-{n}") for n in range(MAX_VARIANTS)))

    assert full.changed(Change(variants=(a_variant("POT-0"),)), seen_version=1).version == 2
    with pytest.raises(TooManyVariants):
        full.changed(Change(variants=(a_variant("POT-X"),)), seen_version=1)


def test_what_is_archived_stays_archived_and_unchanged() -> None:
    gone = a_pot().retired()

    assert (gone.archived, gone.version) == (True, 2)
    assert gone.retired() is gone
    with pytest.raises(ProductArchived):
        gone.changed(Change(name="Back"), seen_version=2)
