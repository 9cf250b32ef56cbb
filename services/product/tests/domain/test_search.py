import pytest
from product_service.domain.search import NothingToRank, Phrase, PriceRangeEmpty, Term, Wanted, to_phrase


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        ("", Phrase()),
        ("   ", Phrase()),
        ("!?", Phrase()),
        ("ket", Phrase((), "ket")),
        ("copper  ket ", Phrase((Term(("copper",)),), "ket")),
        ("wh-1000", Phrase((Term(("wh",)),), "1000")),
        ("wh-1000 grinder", Phrase((Term(("wh", "1000")),), "grinder")),
        ("größe_2", Phrase((Term(("größe",)),), "2")),
        ('"moka pot"', Phrase((Term(("moka", "pot")),))),
        # A quote that is not closed is still being typed.
        ('"moka pot', Phrase((Term(("moka",)),), "pot")),
        ('"moka pot" ket', Phrase((Term(("moka", "pot")),), "ket")),
        ('ket "moka pot"', Phrase((Term(("ket",)), Term(("moka", "pot"))))),
        ("-red pot", Phrase((Term(("red",), excluded=True),), "pot")),
        ("pot -red", Phrase((Term(("pot",)), Term(("red",), excluded=True)))),
        ('-"moka pot" pot', Phrase((Term(("moka", "pot"), excluded=True),), "pot")),
        ("pot !", Phrase((Term(("pot",)),))),
        ("'; DROP TABLE", Phrase((Term(("DROP",)),), "TABLE")),
        ('""', Phrase()),
        ("- -", Phrase()),
    ],
)
def test_what_is_typed_is_read_as_words(typed: str, phrase: Phrase) -> None:
    assert to_phrase(typed) == phrase


def test_a_lowest_price_above_the_highest_is_refused() -> None:
    with pytest.raises(PriceRangeEmpty):
        Wanted(currency="EUR", sort="newest", limit=1, min_price=2, max_price=1)

    assert Wanted(currency="EUR", sort="newest", limit=1, min_price=1, max_price=1).min_price == 1


def test_relevance_needs_something_to_be_relevant_to() -> None:
    with pytest.raises(NothingToRank):
        Wanted(currency="EUR", sort="relevance", limit=1)
