"""From what is known to HTML: templates, and how money and time are written."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, override

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from storefront.statics import Statics

TEMPLATES = Path(__file__).parent / "templates"
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
WITHOUT_MINOR_UNIT = {"JPY"}


class Facts(Environment):
    """What templates know is mostly the interface's JSON, so `product.name` is looked for as a key first.

    Jinja's own order, attributes first, raises and catches an exception for each: a quarter of what a page costs.
    """

    @override
    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class Renderer:
    """All templates, compiled at their first use. A name that a template does not know is an error, never a gap."""

    def __init__(self, statics: Statics) -> None:
        self._environment = Facts(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        known: dict[str, Any] = {"static": statics.url}
        filters: dict[str, Any] = {
            "money": money,
            "day": day,
            "moment": moment,
            "second": second,
            "words": words,
            "upper_first": upper_first,
        }
        self._environment.globals.update(known)
        self._environment.filters.update(filters)

    def render(self, template: str, facts: Mapping[str, Any]) -> str:
        return self._environment.get_template(template).render(facts)


def money(amount: int, currency: str) -> str:
    """Minor units as people write them: 123456 EUR is € 1,234.56."""
    if currency in WITHOUT_MINOR_UNIT:
        return f"{SIGNS[currency]} {amount:,}"
    sign = "-" if amount < 0 else ""
    whole, minor = divmod(abs(amount), 100)
    return f"{sign}{SIGNS.get(currency, currency)} {whole:,}.{minor:02}"


def day(at: str | datetime) -> str:
    """RFC 3339 as `29 November 2026`."""
    when = _when(at)
    return f"{when.day} {when:%B %Y}"


def moment(at: str | datetime) -> str:
    """RFC 3339 as `29 Nov 2026, 14:05 UTC`."""
    when = _when(at)
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def second(at: str | datetime) -> str:
    """RFC 3339 as `14:05:09`, for what happens while somebody watches."""
    return f"{_when(at):%H:%M:%S}"


def words(name: str) -> str:
    """`OUT_OF_STOCK` as `Out of stock`."""
    return name.replace("_", " ").capitalize()


def upper_first(text: str) -> str:
    """`tidal blue` as `Tidal blue`, and `DAB+ and FM` as it is."""
    return text[:1].upper() + text[1:]


def _when(at: str | datetime) -> datetime:
    return (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)
