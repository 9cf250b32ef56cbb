"""One order's life across the services, put together from what each tells of it: who said what to whom, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LANES = ("people", "order", "product", "payment", "notification")
"""Who takes part, from left to right: customers and staff are people."""
LISTENS = {"Stock": "product", "Payment": "payment"}
"""Commands say in their names whose work they are: ReserveStock, CapturePayment."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, `milliseconds` after the order was placed; inside of one lane where `from_` is `to`."""

    at: datetime
    milliseconds: float
    from_: str
    to: str
    what: str
    kind: str
    """`command`, `reply`, `news`, `step` or `note`."""

    @property
    def columns(self) -> tuple[int, int]:
        return LANES.index(self.from_), LANES.index(self.to)


@dataclass(frozen=True, slots=True)
class Told:
    """What the services tell. A service that does not answer tells nothing: the others' part is still true."""

    order: Json
    messages: Sequence[Json] = ()
    hold: Json | None = None
    payments: Sequence[Json] = ()
    deliveries: Sequence[Json] = ()


def moments(told: Told) -> list[Moment]:
    """All of them, by their time; at the same time a message comes before what it caused."""
    began = datetime.fromisoformat(told.order["placed_at"])
    rough = [*_steps(told.order), *_said(told.messages), *_booked(told.hold), *_paid(told.payments)]
    rough += _delivered(told.deliveries)
    found = [
        Moment(at, 1000 * (at - began).total_seconds(), from_, to, what, kind) for at, from_, to, what, kind in rough
    ]
    return sorted(found, key=lambda each: each.at)


Rough = Iterator[tuple[datetime, str, str, str, str]]


def _steps(order: Json) -> Rough:
    for each in order["transitions"]:
        speaker = _speaker(each["trigger"])
        step = each["after"] if each["before"] in (None, each["after"]) else f"{each['before']} to {each['after']}"
        yield datetime.fromisoformat(each["at"]), speaker, "order", f"{each['trigger']}: {step}", "reply"


def _said(messages: Sequence[Json]) -> Rough:
    for each in messages:
        listener = _listener(each["name"])
        left = each["first_sent_at"] or each["written_at"]
        what = each["name"] if each["first_sent_at"] else f"{each['name']}, not sent yet"
        yield datetime.fromisoformat(left), "order", listener, what, "news" if listener == "notification" else "command"


def _booked(hold: Json | None) -> Rough:
    for each in hold["booked"] if hold else ():
        what = f"{each['kind']} {each['quantity']:+d} of {each['sku']}"
        yield datetime.fromisoformat(each["at"]), "product", "product", what, "note"


def _paid(payments: Sequence[Json]) -> Rough:
    for payment in payments:
        yield datetime.fromisoformat(payment["begun_at"]), "payment", "payment", "row written before any call", "note"
        for entry in payment["ledger"]:
            yield datetime.fromisoformat(entry["at"]), "payment", "payment", f"ledger: {entry['kind']}", "note"


def _delivered(deliveries: Sequence[Json]) -> Rough:
    for each in deliveries:
        if each["tried_at"]:
            what = f"{each['channel']} {each['kind'].replace('_', ' ')}: {each['state'].lower()}"
            yield datetime.fromisoformat(each["tried_at"]), "notification", "people", what, "news"


def _speaker(trigger: str) -> str:
    """Replies are named like what happened, wishes of people by a verb."""
    if trigger.startswith("Stock"):
        return "product"
    if trigger.startswith(("Payment", "RefundFailed")):
        return "payment"
    return "order" if trigger == "give_up" else "people"


def _listener(name: str) -> str:
    return next((service for ending, service in LISTENS.items() if name.endswith(ending)), "notification")
