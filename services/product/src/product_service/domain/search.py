"""What people type into the search box, and what they ask a list for."""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from product_service.domain.product import Currency

Sort = Literal["newest", "popular", "price", "-price", "relevance"]

WORD = re.compile(r"\w+")


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
class Phrase:
    """A search text, cut before its last word, which may still be being typed."""

    whole: str
    """In web search syntax."""
    unfinished: str = ""
    """Found as the beginning of a word too."""


def to_phrase(typed: str) -> Phrase:
    """Quotes and exclusions stand as they are; otherwise the last word may be unfinished."""
    last = typed.rsplit(maxsplit=1)[-1] if typed.strip() else ""
    if '"' in typed or last.startswith("-"):
        return Phrase(typed)
    words = WORD.findall(typed)
    return Phrase(" ".join(words[:-1]), words[-1]) if words else Phrase("")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the value of its sort key, and the product."""

    key: int
    id: UUID


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
