"""What each source of facts has to tell of one order: a line for everything that happened."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from testkit.explain.times import birth, moment

WHOLE = frozenset({"JPY"})
"""Currencies without a smaller unit."""

LEADS_TO = {"authorization": "PaymentAuthorized", "capture": "PaymentCaptured", "refund": "PaymentRefunded"}
"""Movements of money, and the news that comes of each."""
FIRST, LAST = -1.0, 1000.0

Fact = Mapping[str, Any]
Told = Mapping[str, Sequence[Fact]]
"""Source -> its facts."""


class NoSuchOrder(Exception):
    """Nobody knows an order of this id or number."""


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is None where no source knows when. `place` says what came first of all that bears the same millisecond."""

    at: datetime | None
    who: str
    what: str
    place: float = 0.0


@dataclass(frozen=True, slots=True)
class Story:
    order: Fact
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Steps:
    """Where in the saga something belongs. Stores keep milliseconds, in which a quick saga takes a whole step."""

    history: Sequence[Fact]

    def before(self, reply: str, *, by: float) -> float:
        """The place of what led to this reply, or is it: before the step that the reply made happen."""
        for number, step in enumerate(self.history):
            if step["trigger"] == reply:
                return number - by
        return len(self.history)

    def after(self, at: datetime | None) -> float:
        """The place of what a step says."""
        taken = [step for step in self.history if at is None or _millisecond(moment(step["at"])) <= _millisecond(at)]
        return len(taken) - 1 + 0.1


def tell(told: Told, wanted: str) -> Story:
    """The story of the order with this id or number. Raises NoSuchOrder."""
    order = _order(told["order"], wanted)
    steps = Steps(order["history"])
    lines = [
        *_history(order),
        *_said(told, steps, about={order["id"], *_payments(told, order)}),
        *_stock(told["product"], steps, order),
        *_money(told["payment"], steps, order),
        *_provider(told["psp"], steps, order),
        *_news(told, order),
        *_spans(told, order),
    ]
    return Story(order, sorted(lines, key=_when))


def _when(line: Line) -> tuple[bool, int, float, str]:
    exactly = line.at.isoformat() if line.at is not None and line.place == FIRST else ""
    return line.at is None, _millisecond(line.at), line.place, exactly


def _millisecond(at: datetime | None) -> int:
    return int(at.timestamp() * 1000) if at is not None else 0


def _order(facts: Iterable[Fact], wanted: str) -> Fact:
    for each in facts:
        if each["kind"] == "order" and wanted in (each["id"], each["number"]):
            return each
    raise NoSuchOrder(f"There is no order {wanted}.")


def _payments(told: Told, order: Fact) -> set[str]:
    return {each["id"] for each in told["payment"] if each["kind"] == "payment" and each["order_id"] == order["id"]}


def _history(order: Fact) -> Iterator[Line]:
    for number, step in enumerate(order["history"]):
        if step["from"] is None:
            before, why = "", f"the customer asked for {_money_text(order['total'], order['currency'])}"
        else:
            before, why = f"{step['from']} → ", f"because of {step['trigger']}"
        yield Line(moment(step["at"]), "order", f"{before}{step['to']}, {why}", place=number)


def _said(told: Told, steps: Steps, about: set[str]) -> Iterator[Line]:
    """Commands and events, when they were decided and when the broker had them."""
    for service, facts in told.items():
        for each in facts:
            if each["kind"] != "outbox" or each["aggregate_id"] not in about:
                continue
            name = each["type"].partition(".")[0]
            decided, sent = moment(each.get("at")) or birth(each["id"]), moment(each.get("sent_at"))
            place = steps.after(decided) if service == "order" else steps.before(name, by=0.2)
            yield Line(decided, service, f"says {name}{_left(decided, sent, published=each['published'])}", place)


def _left(decided: datetime | None, sent: datetime | None, *, published: bool) -> str:
    if not published:
        return ", which has not left yet"
    if decided is None or sent is None:
        return ""
    return f", which left after {(sent - decided).total_seconds() * 1000:.0f} ms"


def _stock(facts: Iterable[Fact], steps: Steps, order: Fact) -> Iterator[Line]:
    refs = {f"order:{order['id']}", *(f"refund:{each['id']}" for each in order.get("refunds", ()))}
    for each in facts:
        if each["kind"] == "stock_ledger" and each["ref"] in refs:
            what = f"{each['entry']} {each['quantity']:+d} of {each['sku']}, {each['on_hand']} are left"
            at = moment(each.get("at")) or birth(each["id"])
            yield Line(at, "stock", what, steps.before("StockCommitted", by=0.4))
        elif each["kind"] == "hold" and each["order_id"] == order["id"]:
            lines = ", ".join(f"{line['quantity']} of {line['sku']}" for line in each["lines"]) or "nothing"
            missing = "".join(f"; of {gone['sku']} there were {gone['available']}" for gone in each["missing"])
            yield Line(moment(each.get("at")), "stock", f"the hold on {lines} is {each['state']}{missing}")


def _money(facts: Sequence[Fact], steps: Steps, order: Fact) -> Iterator[Line]:
    mine = {each["id"]: each for each in facts if each["kind"] == "payment" and each["order_id"] == order["id"]}
    refunds = {each["id"]: each for each in facts if each["kind"] == "refund" and each["payment_id"] in mine}
    refs = {*(f"capture:{id_}" for id_ in mine), *(f"refund:{id_}" for id_ in refunds)}
    for each in facts:
        if each["kind"] == "ledger_tx" and each["ref"] in refs:
            amount = _money_text(each["postings"][0]["amount"], each["postings"][0]["currency"])
            sides = " to ".join(posting["account"] for posting in reversed(each["postings"]))
            place = steps.before(LEADS_TO[each["entry"]], by=0.3)
            at = moment(each.get("at")) or birth(each["id"])
            yield Line(at, "ledger", f"{each['entry']} {amount}, {sides}", place)
    for payment in mine.values():
        amount = _money_text(payment["amount"], payment["currency"])
        yield Line(moment(payment.get("at")), "payment", f"the payment of {amount} is {payment['state']}")
    for refund in refunds.values():
        amount = _money_text(refund["amount"], order["currency"])
        yield Line(moment(refund.get("at")), "payment", f"the refund of {amount} is {refund['state']}")


def _provider(facts: Iterable[Fact], steps: Steps, order: Fact) -> Iterator[Line]:
    for each in facts:
        if each.get("order_id") == order["id"]:
            ended = f" ({each['status']})" if "status" in each else ""
            what = f"{each['kind']} of {_money_text(each['amount'], each['currency'])}{ended}"
            yield Line(moment(each.get("at")), "provider", what, steps.before(LEADS_TO[each["kind"]], by=0.4))


def _news(told: Told, order: Fact) -> Iterator[Line]:
    """What the customer was told: the delivery that was owed, and each copy that a server took."""
    mine = [each for each in told["notification"] if each["kind"] == "delivery" and each["order_id"] == order["id"]]
    for each in mine:
        what = f"the {each['channel']} {each['type']} is {each['state']} after {_times(each['attempts'])}"
        yield Line(moment(each.get("at")), "notification", what)
    ids = {each["message_id"] for each in mine}
    for each in told["mail"]:
        if each["message_id"] in ids:
            yield Line(moment(each["received_at"]), "mail", f"“{each['subject']}” has come", LAST)
    for each in told.get("phone", ()):
        if each["sid"] in ids:
            yield Line(moment(each["received_at"]), "phone", "a text message has come", LAST)


def _spans(told: Told, order: Fact) -> Iterator[Line]:
    """Who worked on it, and for how long; not what each store was asked."""
    traces = {
        each["trace"].split("-")[1]
        for each in told["order"]
        if each["kind"] == "outbox" and each["aggregate_id"] == order["id"] and each.get("trace")
    }
    for each in told.get("spans", ()):
        if each["trace"] in traces and "db.system" not in each["attributes"]:
            at = moment(each["at"])
            failed = ", and failed" if each["failed"] else ""
            yield Line(at, "trace", f"{each['service']}: {each['name']}, {each['milliseconds']:.1f} ms{failed}", FIRST)


def _times(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count} attempts"


def _money_text(amount: int, currency: str) -> str:
    if currency in WHOLE:
        return f"{amount} {currency}"
    whole, cents = divmod(amount, 100)
    return f"{whole}.{cents:02} {currency}"
