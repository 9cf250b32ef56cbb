"""`routes.yaml`, read: which path belongs to whom, and how its requests are treated."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

ROUTES = Path(__file__).parents[2] / "routes.yaml"
SERVICES = ("user", "product", "order", "payment", "notification")
STOREFRONT = "storefront"
"""Pages for people: a customer of the five, like everybody else who uses the interface."""
BEHIND = (*SERVICES, STOREFRONT)
EVERYTHING_ELSE = "/"

Auth = Literal["public", "optional", "required"]


class TableRefused(Exception):
    """A row or a class of the table that cannot be meant."""


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """How many requests of one kind an address may send."""

    name: str
    rate: int
    burst: int


@dataclass(frozen=True, slots=True)
class Row:
    """Paths that are `prefix`, or lie below it, belong to `service`. `*` in a prefix is one part of a path."""

    prefix: str
    service: str
    kind: str
    auth: Auth
    timeout: int
    body: int
    method: str | None = None
    wait: int = 0
    cache: bool = False
    cookies: bool = False
    retry: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """All rows in their order, and the classes that they belong to."""

    rows: tuple[Row, ...]
    classes: tuple[TrafficClass, ...]


def read_table(file: Path = ROUTES) -> Table:
    """The table, every row completed by what its class says."""
    document = yaml.safe_load(file.read_text())
    classes: Mapping[str, Mapping[str, Any]] = document["classes"]
    limits = (TrafficClass(name, each["rate"], each["burst"]) for name, each in classes.items())
    rows = tuple(_row(each, classes) for each in document["routes"])
    if any(row.prefix == EVERYTHING_ELSE for row in rows[:-1]):
        raise TableRefused(f"{EVERYTHING_ELSE}: comes last, or nothing after it is ever found")
    return Table(rows, tuple(limits))


def _row(row: Mapping[str, Any], classes: Mapping[str, Mapping[str, Any]]) -> Row:
    kind = row["class"]
    if kind not in classes:
        raise TableRefused(f"{row['prefix']}: there is no class {kind}")
    if row["service"] not in BEHIND:
        raise TableRefused(f"{row['prefix']}: there is no service {row['service']}")
    told = {name: value for name, value in {**classes[kind], **row}.items() if name not in {"class", "rate", "burst"}}
    try:
        return Row(kind=kind, **told)
    except TypeError as unknown:
        raise TableRefused(f"{row['prefix']}: {unknown}") from unknown
