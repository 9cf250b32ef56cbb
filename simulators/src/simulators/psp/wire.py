"""The wire format: form bodies with nested keys in, one page of a list out."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from simulators.psp import errors
from simulators.psp.records import Json

MAX_FIELDS = 200
MAX_AMOUNT = 99_999_999
MAX_TEXT = 5000
MAX_METADATA = 50
CURRENCY = re.compile(r"[a-z]{3}")
SUBKEY = re.compile(r"\[([^\[\]]*)\]")
CREATED_BOUNDS: Mapping[str, Callable[[int, int], bool]] = {
    "gt": lambda created, bound: created > bound,
    "gte": lambda created, bound: created >= bound,
    "lt": lambda created, bound: created < bound,
    "lte": lambda created, bound: created <= bound,
}


class Born(Protocol):
    id: str
    created: int


def parse_form(text: str) -> dict[str, str]:
    """The fields of a form or a query string, each named as it was written: `metadata[order_id]`."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=MAX_FIELDS)
    except ValueError as wrong:
        raise errors.invalid(f"The request body is not a form: {wrong}") from wrong
    return dict(pairs)


class Params:
    """The parameters of one request. Reading takes one out; `finish` refuses what nobody asked for."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)

    def optional(self, name: str) -> str | None:
        value = self._fields.pop(name, None)
        if value is not None and len(value) > MAX_TEXT:
            raise errors.invalid(f"{name} may have up to {MAX_TEXT} characters.", param=name)
        return value or None

    def text(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            raise errors.invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
        return value

    def choice(self, name: str, options: Iterable[str]) -> str | None:
        value = self.optional(name)
        if value is not None and value not in options:
            raise errors.invalid(f"Invalid {name}: must be one of {', '.join(options)}", param=name)
        return value

    def optional_integer(self, name: str) -> int | None:
        value = self.optional(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            message = f"Invalid integer: {value[:40]}"
            raise errors.invalid(message, param=name, code="parameter_invalid_integer")
        return int(value)

    def optional_amount(self, name: str) -> int | None:
        value = self.optional_integer(name)
        if value is not None and value < 1:
            message = "This value must be greater than or equal to 1."
            raise errors.invalid(message, param=name, code="parameter_invalid_integer")
        if value is not None and value > MAX_AMOUNT:
            raise errors.invalid(f"Amount must be no more than {MAX_AMOUNT}", param=name, code="amount_too_large")
        return value

    def amount(self, name: str) -> int:
        value = self.optional_amount(name)
        if value is None:
            raise errors.invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
        return value

    def currency(self, name: str = "currency") -> str:
        value = self.text(name)
        if not CURRENCY.fullmatch(value):
            message = f"Invalid currency: {value[:10]}. Three letters, in lower case."
            raise errors.invalid(message, param=name)
        return value

    def boolean(self, name: str) -> bool:
        return self.choice(name, ("true", "false")) == "true"

    def metadata(self, name: str = "metadata") -> dict[str, str]:
        names = [each for each in self._fields if each.startswith(f"{name}[")]
        found = {each[len(name) + 1 : -1]: self.text(each) for each in names}
        if len(found) > MAX_METADATA:
            raise errors.invalid(f"Metadata can have up to {MAX_METADATA} keys.", param=name)
        return found

    def values(self, name: str) -> list[str]:
        """A list written as `name[]` or `name[0]`."""
        names = [each for each in self._fields if each == f"{name}[]" or re.fullmatch(rf"{name}\[\d+\]", each)]
        return [self._fields.pop(each) for each in names]

    def created_bounds(self) -> list[Callable[[int], bool]]:
        """`created=…` and `created[gte]=…` as tests of a time."""
        tests: list[Callable[[int], bool]] = []
        for name, holds in CREATED_BOUNDS.items():
            bound = self.optional_integer(f"created[{name}]")
            if bound is not None:
                tests.append(lambda created, holds=holds, bound=bound: holds(created, bound))
        exact = self.optional_integer("created")
        if exact is not None:
            tests.append(lambda created: created == exact)
        return tests

    def ignore(self, *names: str) -> None:
        """Parameters that the real provider knows and that change nothing here, with all that is nested in them."""
        for field in [each for each in self._fields if SUBKEY.sub("", each) in names]:
            del self._fields[field]

    def finish(self) -> None:
        for name in self._fields:
            message = f"Received unknown parameter: {name[:100]}"
            raise errors.invalid(message, param=name[:100], code="parameter_unknown")


def page[T: Born](params: Params, *, url: str, items: Iterable[T], render: Callable[[T], Json]) -> Json:
    """One page of `items` (oldest first) as the provider lists them: newest first, cut by cursor and time."""
    limit = params.optional_integer("limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise errors.invalid("Limit must be between 1 and 100.", param="limit", code="parameter_invalid_integer")
    after = params.optional("starting_after")
    tests = params.created_bounds()
    params.finish()

    newest_first = list(items)[::-1]
    if after is not None:
        places = [place for place, each in enumerate(newest_first) if each.id == after]
        if not places:
            raise errors.missing("object", after, param="starting_after")
        newest_first = newest_first[places[0] + 1 :]
    fitting = [each for each in newest_first if all(test(each.created) for test in tests)]
    return {
        "object": "list",
        "url": url,
        "has_more": len(fitting) > limit,
        "data": [render(each) for each in fitting[:limit]],
    }
