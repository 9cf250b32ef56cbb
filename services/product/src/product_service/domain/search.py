"""What people type into the search box, and what they ask a list for."""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from product_service.domain.product import Currency

Sort = Literal["newest", "popular", "price", "-price", "relevance"]

WORD = re.compile(r"[^\W_]+")
TYPED = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')


class PriceRangeEmpty(Exception):
    def __init__(self) -> None:
        super().__init__("The lowest price is above the highest.")
        self.errors = [{"field": "min_price", "message": "above max_price"}]


class NothingToRank(Exception):
    """Relevance needs something to be relevant to."""

    def __init__(self) -> None:
        super().__init__("Sorting by relevance needs a search text.")
        self.errors = [{"field": "sort", "message": "relevance needs q"}]


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand beside each other, wanted or unwanted."""

    words: tuple[str, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A search text, read: nothing but words is left of what was typed."""

    terms: tuple[Term, ...] = ()
    unfinished: str = ""
    """The last word, which may still be being typed: found as the beginning of a word too."""


def to_phrase(typed: str) -> Phrase:
    """Read what was typed: `copper "moka pot" -electric ket`. Quotes keep words together, a minus excludes."""
    found = [_to_term(each) for each in TYPED.finditer(typed)]
    terms = tuple(each for each in found if each.words)
    if not terms or terms[-1] is not found[-1] or terms[-1].excluded or typed.rstrip().endswith('"'):
        return Phrase(terms)
    *before, unfinished = terms[-1].words
    return Phrase((*terms[:-1], *([Term(tuple(before))] if before else [])), unfinished)


def _to_term(found: re.Match[str]) -> Term:
    text = found["quoted"] if found["quoted"] is not None else found["plain"]
    return Term(tuple(WORD.findall(text)), excluded=found["minus"] == "-")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the value of its sort key, and the product."""

    key: int
    id: UUID


@dataclass(frozen=True, slots=True)
class StaffWanted:
    """What staff's list should show, newest first: what is in the shop, or what has left it."""

    archived: bool
    limit: int
    phrase: Phrase | None = None
    sku: str | None = None
    """What has it is found too, whatever it is called."""
    before: UUID | None = None
    """Older products than this one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list should show. Prices are minor units of `currency`."""

    currency: Currency
    sort: Sort
    limit: int
    category: str | None = None
    """With all of its subcategories."""
    phrase: Phrase | None = None
    brand: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool | None = None
    after: Position | None = None

    def __post_init__(self) -> None:
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise PriceRangeEmpty
        if self.sort == "relevance" and self.phrase is None:
            raise NothingToRank
