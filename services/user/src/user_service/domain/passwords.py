"""Which passwords we take: long, and nobody's first guess. No rules about kinds of characters."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from user_service.domain.known_passwords import LONG_ONES, ROWS, WORDS

SHORTEST = 15
LONGEST = 128
DIFFERENT = 5
OWN = 6
"""So many characters must be left when well-known words, runs and the owner's own names are taken out."""
SHORTEST_RUN = 4
LEET = str.maketrans("01345$7@", "oleassta")


class PasswordRefused(ValueError):
    """Not a password that we would protect anybody with; says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.errors = [{"field": "password", "message": reason}]


def normalise(password: str) -> str:
    """The same text however it was typed: Unicode NFC."""
    return unicodedata.normalize("NFC", password)


def of_good_length(password: str) -> str:
    """The normalised password. Raises PasswordRefused when it is too short or too long."""
    normal = normalise(password)
    if len(normal) < SHORTEST:
        raise PasswordRefused(f"A password has at least {SHORTEST} characters.")
    if len(normal) > LONGEST:
        raise PasswordRefused(f"A password has at most {LONGEST} characters.")
    return normal


def refuse_guessable(password: str, *, email: str, name: str) -> None:
    """Raises PasswordRefused for what a guesser would try first, the owner's names included."""
    plain = _letters(password)
    if len(set(password.casefold())) < DIFFERENT:
        raise PasswordRefused("The password repeats too few characters.")
    if plain in LONG_ONES:
        raise PasswordRefused("The password is on the list of common passwords.")
    if _repeats(plain):
        raise PasswordRefused("The password repeats itself.")
    words = {*WORDS, *_names(email), *_names(name)}
    if min(_own(variant, words) for variant in (plain, _letters(password.translate(LEET)))) < OWN:
        raise PasswordRefused("The password is made of well-known words, rows of keys or your own names.")


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())


def _names(text: str) -> Iterator[str]:
    return (part for part in re.split(r"[\W_]+", text.casefold()) if len(part) >= 3)


def _repeats(plain: str) -> bool:
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, len(plain) // 2 + 1))


def _own(plain: str, words: Iterable[str]) -> int:
    """How many characters are neither part of a run nor of one of the words."""
    known = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return sum(len(_without_runs(rest)) for rest in re.split(known, plain))


def _without_runs(plain: str) -> str:
    kept, at = "", 0
    while at < len(plain):
        run = _run(plain[at:])
        kept += "" if run else plain[at]
        at += run or 1
    return kept


def _run(plain: str) -> int:
    """How long a run, at least SHORTEST_RUN, stands at the beginning; 0 for none."""
    longest = 0
    for row in (each[::step] for each in ROWS for step in (1, -1)):
        size = SHORTEST_RUN
        while size <= len(plain) and plain[:size] in row:
            longest = max(longest, size)
            size += 1
    return longest
