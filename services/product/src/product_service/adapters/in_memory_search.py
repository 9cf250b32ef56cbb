"""Full-text search without a database: finds what PostgreSQL finds, and weighs it roughly alike."""

import re
from collections.abc import Sequence
from functools import lru_cache

from product_service.domain.product import Product
from product_service.domain.search import WORD, Phrase, Term

IGNORED = frozenset(
    WORD.findall("""
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it
    its itself they them their theirs themselves what which who whom this that these those am is are was were be been
    being have has had having do does did doing a an the and but if or because as until while of at by for with about
    against between into through during before after above below to from up down in out on off over under again further
    then once here there when where why how all any both each few more most other some such no nor not only own same so
    than too very s t can will just don should now
    """)
)
"""Words that say nothing in an English search: PostgreSQL's own list."""
VOWEL = re.compile("[aeiouy]")
NAME, BRAND, TAGS, DESCRIPTION = 1_000_000, 100_000, 30_000, 1_000

Fields = Sequence[tuple[int, list[str]]]
"""The weight of each field of a product, and its words."""


def rank(product: Product, phrase: Phrase) -> int | None:
    """How well a product fits; None when it does not."""
    fields = _fields(product)
    wanted = [words for each in phrase.terms if not each.excluded and (words := _telling(each))]
    unwanted = [words for each in phrase.terms if each.excluded and (words := _telling(each))]
    if any(_weight(fields, each) for each in unwanted):
        return None
    weights = [_weight(fields, each) for each in wanted]
    if phrase.unfinished:
        weights.append(_weight_of_beginning(fields, phrase.unfinished.lower()))
    if not all(weights) or not (weights or unwanted):
        return None
    return sum(weights)


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """A word without its English endings; close to what PostgreSQL makes of it, and not always the same."""
    word = word.lower()
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us")) and VOWEL.search(word[:-2]):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and VOWEL.search(word.removesuffix(ending)):
            word = word.removesuffix(ending)
            if len(word) > 1 and word[-1] == word[-2] and word[-1] not in "aeiouls":
                word = word[:-1]
    if word.endswith("y") and len(word) > 2 and word[-2] not in "aeiou":
        word = word[:-1] + "i"
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _fields(product: Product) -> Fields:
    texts = {NAME: product.name, BRAND: product.brand, TAGS: " ".join(product.tags), DESCRIPTION: product.description}
    return [(weight, [each.lower() for each in WORD.findall(text)]) for weight, text in texts.items()]


def _telling(term: Term) -> list[str]:
    """The words of a term from the first to the last that says something."""
    words = [each.lower() for each in term.words]
    says = [place for place, word in enumerate(words) if word not in IGNORED]
    return words[says[0] : says[-1] + 1] if says else []


def _weight(fields: Fields, wanted: Sequence[str]) -> int:
    """Of the best field in which the wanted words stand side by side; 0 for none."""
    return max((weight for weight, words in fields if _contains(words, wanted)), default=0)


def _contains(words: Sequence[str], wanted: Sequence[str]) -> bool:
    # A word that says nothing may be any word, as long as there is one.
    return any(
        all(want in IGNORED or stem(word) == stem(want) for word, want in zip(words[start:], wanted, strict=False))
        for start in range(len(words) - len(wanted) + 1)
    )


def _weight_of_beginning(fields: Fields, beginning: str) -> int:
    return max(
        (
            weight
            for weight, words in fields
            if any(word.startswith(beginning) for word in words)
            or (beginning not in IGNORED and _contains(words, [beginning]))
        ),
        default=0,
    )
