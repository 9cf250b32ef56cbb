"""What a search finds, on the twin in memory and on PostgreSQL."""

import pytest
from product_service.domain.product import Change
from product_service.ports import Catalogue

from .conftest import a_product, put
from .test_lists import slugs

FOUND = {
    "kettle": ["kettle"],
    "KETTLE": ["kettle"],
    "kettles boil": ["kettle"],
    "mug": ["mugs"],
    "baking": ["mugs"],
    "grind": ["grinder"],
    "copper": ["kettle", "moka"],
    "copper kettle": ["kettle"],
    "kettle copper": ["kettle"],
    "coffee": ["moka", "grinder"],
    "millrace": ["kettle"],
    "größe": ["mugs"],
    "GRÖßE": ["mugs"],
    # The last word may still be being typed; words before it may not.
    "ket": ["kettle"],
    "copper ket": ["kettle"],
    "cop kettle": [],
    "k": ["kettle"],
    "grö": ["mugs"],
    "the": ["kettle"],
    # Words that say nothing do not narrow a search.
    "tea for the kettle": ["kettle"],
    "a mug": ["mugs"],
    # Quotes keep together, a minus excludes.
    '"copper kettle"': ["kettle"],
    '"kettle copper"': [],
    '"kettle millrace"': [],
    '"copper ket"': [],
    '"water for the tea"': ["kettle"],
    "copper -kettle": ["moka"],
    "copper -kett": ["kettle", "moka"],
    'coffee -"moka pot"': ["grinder"],
    "-copper": ["mugs", "grinder"],
    "-kettle copper": ["moka"],
    # Signs between letters and digits are only spaces.
    "wh-1000": ["grinder"],
    "wh1000": [],
    "1000": ["grinder"],
    "stove top": ["moka"],
    "stove-top": ["moka"],
    # Nothing to look for.
    "zeppelin": [],
    "!!!": [],
    '"the"': [],
    "_": [],
    "-": [],
}
STRANGE = [
    "'",
    "''",
    '"',
    '"copper',
    "' | 'kettle",
    "kettle:*A",
    "kettle & !copper",
    "kettle | copper",
    "!kettle",
    "<->",
    "kettle <-> copper",
    "\\",
    "\\'",
    "'; DROP TABLE product; --",
    ":finished",
    "%",
    "kettle%",
    "or or or",
    "- - -",
    '-""',
    "()",
    "²½",
    "e\u0301",
    "\U0001f375",
    "İı",
    "x" * 200,
    "a " * 100,
]


@pytest.fixture
async def stocked(catalogue: Catalogue) -> Catalogue:
    await put(
        catalogue,
        a_product(1, slug="kettle", name="Copper kettle", brand="Millrace", description="Boils water for the tea."),
        a_product(2, slug="moka", name="Moka pot", tags=("coffee", "stove-top"), description="Copper coloured."),
        a_product(3, slug="mugs", name="Two enamel mugs", brand="Größe", description="Baked twice, chips rarely."),
        a_product(4, slug="grinder", name="Grinder WH-1000", description="Grinding coffee by hand, ceramic burrs."),
    )
    return catalogue


async def test_a_search_finds(stocked: Catalogue) -> None:
    found = {typed: sorted(await slugs(stocked, sort="relevance", q=typed)) for typed in FOUND}

    assert found == {typed: sorted(expected) for typed, expected in FOUND.items()}


async def test_nothing_that_can_be_typed_is_more_than_words(stocked: Catalogue) -> None:
    for typed in STRANGE:
        await slugs(stocked, sort="relevance", q=typed)

    assert len(await slugs(stocked)) == 4


async def test_signs_of_a_query_language_are_ignored(stocked: Catalogue) -> None:
    for typed in ("kettle & copper", "kettle:* | copper", "!kettle <-> copper", "(kettle) 'copper'"):
        assert await slugs(stocked, sort="relevance", q=typed) == ["kettle"]


async def test_a_hit_in_the_name_comes_before_one_in_the_description(catalogue: Catalogue) -> None:
    await put(
        catalogue,
        a_product(1, slug="named", name="Lantern"),
        a_product(2, slug="branded", brand="Lantern"),
        a_product(3, slug="tagged", tags=("lantern",)),
        a_product(4, slug="described", description="A lantern, and a lantern, and a lantern."),
    )

    assert await slugs(catalogue, sort="relevance", q="lantern") == ["named", "branded", "tagged", "described"]


async def test_a_changed_text_is_found_by_its_new_words(catalogue: Catalogue) -> None:
    await put(catalogue, a_product(1, slug="pot", name="Pot"))
    async with catalogue.transaction() as tx:
        found = await tx.lock(a_product(1).id)
        assert found is not None
        await tx.save(found.changed(Change(name="Cauldron"), seen_version=1))

    assert await slugs(catalogue, sort="relevance", q="cauldron") == ["pot"]
    assert await slugs(catalogue, sort="relevance", q="pot") == []
