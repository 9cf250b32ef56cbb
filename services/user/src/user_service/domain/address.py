"""A user's address book: a few places that goods may go to, one of which is offered first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

MOST = 20
RUN = re.compile(r"\d(?:[ .-]?\d){12,}")
CARDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"4\d{15}",
        r"4\d{18}",
        r"5[1-5]\d{14}",
        r"2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}",
        r"3[47]\d{13}",
        r"3(?:0[0-5]|[68]\d)\d{11}",
        r"35(?:2[89]|[3-8]\d)\d{12}",
        r"6(?:011|4[4-9]\d|5\d\d)\d{12}",
        r"62\d{14}",
    )
)
"""Prefix and length of the brands, as order knows them: what it would refuse is not kept for it."""


class AddressNotFound(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such address in your address book.")


class AddressBookFull(Exception):
    def __init__(self) -> None:
        super().__init__(f"An address book has at most {MOST} addresses.")


class CardNumberInAddress(Exception):
    """What looks like a card number must not be stored."""

    def __init__(self, field: str) -> None:
        super().__init__("This looks like a card number, which has no place in an address.")
        self.errors = [{"field": field, "message": "looks like a card number"}]


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    line1: str
    line2: str | None
    city: str
    postal_code: str
    country: str
    """ISO 3166-1 alpha-2."""
    phone: str | None

    def checked(self) -> Self:
        """Itself. Raises CardNumberInAddress."""
        for field in ("name", "line1", "line2", "city", "postal_code", "phone"):
            text = getattr(self, field)
            if text is not None and _holds_card_number(text):
                raise CardNumberInAddress(field)
        return self


@dataclass(frozen=True, slots=True)
class Entry:
    """An address as it stands in the book."""

    id: UUID
    address: Address
    default: bool


@dataclass(frozen=True, slots=True)
class AddressBook:
    """In the order of arrival. While it is not empty, exactly one entry is the default."""

    entries: tuple[Entry, ...] = ()

    def find(self, id_: UUID) -> Entry:
        """Raises AddressNotFound."""
        for each in self.entries:
            if each.id == id_:
                return each
        raise AddressNotFound

    def add(self, id_: UUID, address: Address, *, default: bool) -> Self:
        """Raises AddressBookFull, CardNumberInAddress. The first one is the default, asked for or not."""
        if len(self.entries) >= MOST:
            raise AddressBookFull
        return self._with(
            (*self.entries, Entry(id_, address.checked(), default=False)), default=id_ if default else None
        )

    def change(self, id_: UUID, address: Address, *, default: bool) -> Self:
        """Raises AddressNotFound, CardNumberInAddress. The default stays it until another one becomes it."""
        changed = replace(self.find(id_), address=address.checked())
        entries = tuple(changed if each.id == id_ else each for each in self.entries)
        return self._with(entries, default=id_ if default else None)

    def remove(self, id_: UUID) -> Self:
        """Raises AddressNotFound. The oldest of the others becomes the default, if this was it."""
        gone = self.find(id_)
        return self._with(tuple(each for each in self.entries if each is not gone), default=None)

    def _with(self, entries: tuple[Entry, ...], *, default: UUID | None) -> Self:
        chosen = default or next(_candidates(entries), None)
        return replace(self, entries=tuple(replace(each, default=each.id == chosen) for each in entries))


def _candidates(entries: tuple[Entry, ...]) -> Iterator[UUID]:
    """Who should be the default, the best first: who is it already, then the oldest."""
    yield from (each.id for each in entries if each.default)
    yield from (each.id for each in entries)


def _holds_card_number(text: str) -> bool:
    """Anywhere inside of a run of digits: a house number before it must not hide it."""
    runs = [re.sub(r"\D", "", found) for found in RUN.findall(text)]
    return any(
        _luhn(found[0])
        for run in runs
        for start in range(len(run))
        for card in CARDS
        if (found := card.match(run, start)) is not None
    )


def _luhn(digits: str) -> bool:
    doubled = [int(each) * (2 if place % 2 else 1) for place, each in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0
