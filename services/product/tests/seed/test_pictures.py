import re
from xml.etree import ElementTree

import pytest
from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.domain.picture import picture, pictures, symbol
from product_service.domain.pictures.families import FAMILIES, PARCEL, drawing
from product_service.domain.pictures.grain import Grain

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "title", "g", "path", "rect", "circle", "ellipse"}
PRODUCTS = [product for product, _ in seed_catalogue().products]
SEEDED = [(product.category, product.slug) for product in PRODUCTS]
DEPARTMENTS = [category.slug for category in seed_catalogue().categories if category.parent is None]
EVERY_MOTIF = [
    (department, f"thing-{number}-{word}")
    for department in DEPARTMENTS
    for word in FAMILIES[department]
    for number in range(5)
]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - we wrote it ourselves


def drawn(slug: str, category: str, name: str = "A thing") -> str:
    return picture(slug=slug, name=name, category=category)


def test_a_slug_has_one_picture() -> None:
    assert drawn("stone-mug", "cups-mugs") == drawn("stone-mug", "cups-mugs")


def test_no_two_products_look_the_same() -> None:
    pictures = [drawn(product.slug, product.category) for product in PRODUCTS]

    assert len(set(pictures)) == len(PRODUCTS)


def test_a_hundred_mugs_are_a_hundred_different_mugs() -> None:
    assert len({drawn(f"mug-{number}", "cups-mugs") for number in range(100)}) == 100


def test_every_picture_is_well_formed_and_only_drawn() -> None:
    for category, slug in (*SEEDED, *EVERY_MOTIF, ("anything", "without-a-family")):
        root = parsed(drawn(slug, category))
        assert {each.tag.removeprefix(SVG) for each in root.iter()} <= DRAWN, slug
        assert root.tag == f"{SVG}svg", slug


def test_a_picture_fetches_nothing_and_runs_nothing() -> None:
    for category, slug in (*SEEDED, *EVERY_MOTIF):
        svg = drawn(slug, category)
        assert re.findall(r"href|script|style=|url\(|\bon\w+=|@import|&|<!", svg) == [], slug
        assert re.findall(r"\w+://[^\"]+", svg) == ["http://www.w3.org/2000/svg"], slug


def test_several_pictures_in_one_are_the_same_drawings_and_only_they_have_names() -> None:
    one = parsed(drawn("stone-mug", "cups-mugs", name="Stone & mug"))
    both = parsed(pictures(symbol(slug=slug, name="Stone & mug", category="cups-mugs") for slug in ("stone-mug", "b")))

    assert [each.get("id") for each in both.iter() if each.get("id")] == ["p-stone-mug", "p-b"]
    assert [ElementTree.tostring(each) for each in both[0]] == [ElementTree.tostring(each) for each in one]
    assert both[0].get("viewBox") == one.get("viewBox")


def test_a_picture_draws_in_whole_units_and_plain_colours() -> None:
    for category, slug in EVERY_MOTIF:
        for each in parsed(drawn(slug, category)).iter():
            assert re.fullmatch(r"none|#[0-9a-f]{6}|", each.get("fill", "")), (slug, each.attrib)
            assert re.fullmatch(r"[MLHVCSQTAZmlhvcsqtaz0-9 -]*", each.get("d", "")), (slug, each.attrib)


def test_a_picture_is_small() -> None:
    sizes = {slug: len(drawn(slug, category).encode()) for category, slug in (*SEEDED, *EVERY_MOTIF)}

    assert {slug: size for slug, size in sizes.items() if not 800 <= size <= 5_000} == {}
    assert sum(sizes.values()) // len(sizes) < 2_500


def test_the_only_text_is_the_name_in_the_title() -> None:
    root = parsed(drawn("stone-mug", "cups-mugs", name="Stone mug"))

    assert "".join(root.itertext()) == "Stone mug"
    assert root.findtext(f"{SVG}title") == "Stone mug"


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("</title><script>alert(1)</script>", "</title><script>alert(1)</script>"),
        ("\"><a href='javascript:x'>&amp;", "\"><a href='javascript:x'>&amp;"),
        ("Hearth & Sons ]]> <!--", "Hearth & Sons ]]> <!--"),
        ("nul\x00 bell\x07 half \ud800 none \ufffe", "nul bell half  none "),
        ("Becher „Grün“ 🍵", "Becher „Grün“ 🍵"),
    ],
)
def test_a_hostile_name_is_only_a_name(name: str, read: str) -> None:
    svg = drawn("stone-mug", "cups-mugs", name=name)
    root = parsed(svg)

    assert root.findtext(f"{SVG}title") == read
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= DRAWN


def test_a_hostile_slug_or_category_is_never_written() -> None:
    svg = drawn('"><script>', '"/><script>')

    assert "script" not in svg
    assert drawing(Grain('"><script>'), '"/><script>') is PARCEL


def test_the_slug_says_what_is_drawn() -> None:
    for product in PRODUCTS:
        family = FAMILIES[product.category]
        assert any(word in family for word in product.slug.split("-")), product.slug


def test_the_last_word_that_is_known_decides() -> None:
    assert drawing(Grain("tea-coffee-mug"), "cups-mugs") is FAMILIES["cups-mugs"]["mug"]
    assert drawing(Grain("mug-for-coffee"), "cups-mugs") is FAMILIES["cups-mugs"]["coffee"]


def test_an_unknown_thing_in_a_known_category_gets_something_of_its_family() -> None:
    assert drawing(Grain("whatnot"), "toys") in FAMILIES["toys"].values()


def test_what_has_no_family_comes_in_a_parcel() -> None:
    assert drawing(Grain("stone-mug"), "spare-parts") is PARCEL


def test_every_category_of_the_shop_has_a_family() -> None:
    assert {category.slug for category in seed_catalogue().categories} == set(FAMILIES)


def test_the_grain_of_a_slug_is_the_same_on_every_machine() -> None:
    grain = Grain("stone-mug")

    assert [grain.number("scheme", 1000), grain.between("top", 190, 222), grain.pick("finish", "abc")] == [
        615,
        216,
        "c",
    ]
