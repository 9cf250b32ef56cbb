"""What a visitor wants to see of a list, as its address says it and as the shop is asked for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

SORTS = {
    "popular": "Popular first",
    "newest": "Newest first",
    "price": "Price, low to high",
    "-price": "Price, high to low",
}
BEST_MATCH = {"relevance": "Best match"}
LONGEST = 100
PRICE = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NOT_A_PRICE = "A price, please, such as 20 or 20.50."


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that was chosen, and where the list is without it."""

    says: str
    without: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The fields are the names in the address; what is not chosen is empty."""

    q: str = ""
    room: str = ""
    brand: str = ""
    price_from: str = ""
    price_to: str = ""
    in_stock: str = ""
    sort: str = ""
    after: str = ""
    """Where the page before has ended."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Chosen":
        given = {name: _clean(query[name]) for name in NAMES if name in query}
        given["after"] = query.get("after", "")[:512]
        chosen = cls(**given)
        if chosen.sort not in chosen.sorts:
            chosen = replace(chosen, sort="")
        if not SLUG.fullmatch(chosen.room):
            chosen = replace(chosen, room="")
        return replace(chosen, in_stock="yes" if chosen.in_stock else "")

    @property
    def wrong(self) -> dict[str, str]:
        """Messages by field. What is wrong is shown as it was typed, and not asked for."""
        wrong = {
            name: NOT_A_PRICE
            for name, price in (("price_from", self.price_from), ("price_to", self.price_to))
            if price and not PRICE.fullmatch(price)
        }
        if not wrong and self.price_from and self.price_to and int(minor(self.price_from)) > int(minor(self.price_to)):
            wrong["price_to"] = f"Nothing costs more than {self.price_from} and less than {self.price_to}."
        return wrong

    @property
    def sorts(self) -> dict[str, str]:
        """Nothing is more relevant than anything else while nothing is looked for."""
        return {**BEST_MATCH, **SORTS} if self.q else SORTS

    def asked(self, *, room: str = "") -> dict[str, str]:
        """As the shop is asked; `room` is the category whose page this is."""
        asked = {
            "q": self.q,
            "category": self.room or room,
            "brand": self.brand,
            "min_price": "" if "price_from" in self.wrong else minor(self.price_from),
            "max_price": "" if "price_to" in self.wrong else minor(self.price_to),
            "in_stock": "true" if self.in_stock else "",
            "sort": self.sort or ("relevance" if self.q else "popular"),
            "cursor": self.after,
        }
        return {name: value for name, value in asked.items() if value}

    def query(self, **changed: str) -> str:
        """The address's part after the path, with its question mark; changed choices begin at the beginning again."""
        now = {name: getattr(self, name) for name in NAMES} | {"after": ""} | changed
        kept = {name: value for name, value in now.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def chips(self, *, room_name: str = "") -> list[Chip]:
        """What narrows the list, apart from what was looked for."""
        said = {
            "room": room_name,
            "brand": self.brand,
            "price_from": self.price_from and f"From € {self.price_from}",
            "price_to": self.price_to and f"Up to € {self.price_to}",
            "in_stock": self.in_stock and "In stock",
        }
        return [
            Chip(says, self.query(**{name: ""}))
            for name, says in said.items()
            if says and getattr(self, name) and name not in self.wrong
        ]


NAMES = [each.name for each in fields(Chosen) if each.name != "after"]


def minor(price: str) -> str:
    """`20.5` as 2050; nothing for nothing, and for what is no price."""
    found = PRICE.fullmatch(price)
    return f"{int(found[1])}{(found[2] or '').ljust(2, '0')}" if found else ""


def _clean(typed: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in typed).split())[:LONGEST].strip()
