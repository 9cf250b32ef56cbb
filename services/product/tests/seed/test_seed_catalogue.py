"""What the demo shop promises to sell."""

import re

from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.domain.product import CURRENCIES

CATALOGUE = seed_catalogue()
PRODUCTS = [product for product, _ in CATALOGUE.products]
STOCK = [pieces for _, stock in CATALOGUE.products for pieces in stock.values()]


def test_ninety_products_stand_in_ten_departments() -> None:
    assert len([category for category in CATALOGUE.categories if category.parent is None]) == 10
    assert len(PRODUCTS) == 90
    assert len(STOCK) == 206


def test_every_parent_comes_before_its_shelves() -> None:
    seen: set[str] = set()
    for category in CATALOGUE.categories:
        assert category.parent is None or category.parent in seen, category.slug
        seen.add(category.slug)


def test_shelves_are_counted_from_one_inside_each_department() -> None:
    for department in (category for category in CATALOGUE.categories if category.parent is None):
        positions = [each.position for each in CATALOGUE.categories if each.parent == department.slug]
        assert positions in ([1, 2], [1, 2, 3]), department.slug


def test_every_product_stands_on_a_shelf_and_no_shelf_is_empty() -> None:
    shelves = {category.slug for category in CATALOGUE.categories if category.parent is not None}

    assert {product.category for product in PRODUCTS} == shelves


def test_nothing_is_named_twice() -> None:
    for names in (
        [category.slug for category in CATALOGUE.categories],
        [product.slug for product in PRODUCTS],
        [product.name for product in PRODUCTS],
        [product.id for product in PRODUCTS],
        [product.description for product in PRODUCTS],
        [sku for product in PRODUCTS for sku in product.skus],
    ):
        assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


def test_slugs_and_skus_are_readable_in_an_address() -> None:
    assert [product.slug for product in PRODUCTS if not re.fullmatch(r"[a-z]+(-[a-z]+)+", product.slug)] == []
    assert [sku for product in PRODUCTS for sku in product.skus if not re.fullmatch(r"[A-Z0-9-]{3,32}", sku)] == []


def test_descriptions_are_paragraphs_of_two_to_four_sentences() -> None:
    for product in PRODUCTS:
        sentences = re.split(r"(?<=[.!?]) (?=[A-Z])", product.description)
        assert 2 <= len(sentences) <= 4, product.slug
        assert 120 <= len(product.description) <= 400, product.slug
        assert "\n" not in product.description, product.slug


def test_every_product_says_what_a_customer_asks() -> None:
    for product in PRODUCTS:
        assert 3 <= len(product.attributes) <= 6, product.slug
        assert 2 <= len(product.tags) <= 5, product.slug
        assert 1 <= len(product.variants) <= 6, product.slug
        assert product.brand, product.slug
        assert product.popularity > 0, product.slug


def test_variants_of_a_product_differ_in_their_options_alone() -> None:
    for product in PRODUCTS:
        options = [tuple(variant.options.items()) for variant in product.variants]
        assert len(set(options)) == len(options), product.slug
        assert len({tuple(variant.options) for variant in product.variants}) == 1, product.slug


def test_every_variant_has_a_price_in_every_currency() -> None:
    for product in PRODUCTS:
        for variant in product.variants:
            assert set(variant.prices) == set(CURRENCIES), variant.sku
            assert min(variant.prices.values()) > 0, variant.sku


def test_stock_is_known_for_exactly_the_skus_of_each_product() -> None:
    for product, stock in CATALOGUE.products:
        assert tuple(stock) == product.skus


def test_some_things_are_gone_and_some_are_the_last_of_their_kind() -> None:
    assert STOCK.count(0) == 3
    assert STOCK.count(1) == 2
    assert len([pieces for pieces in STOCK if 3 <= pieces <= 9]) == 12
    assert len([pieces for pieces in STOCK if 20 <= pieces <= 200]) == len(STOCK) - 17


def test_a_product_without_a_piece_left_of_one_variant_still_sells_another() -> None:
    for product, stock in CATALOGUE.products:
        assert max(stock.values()) > 0, product.slug


def test_the_files_are_read_once() -> None:
    assert seed_catalogue() is CATALOGUE
