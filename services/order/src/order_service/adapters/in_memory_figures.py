"""The figures of a period, counted in memory."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from order_service.domain.figures import BEST, Figures, Period, Revenue, Seller, Slot
from order_service.domain.order import Order
from order_service.domain.saga_table import Trigger


def count(orders: Iterable[Order], period: Period, *, currency: str) -> Figures:
    placed = [each for each in orders if period.start <= each.placed_at < period.end]
    paid = [each for each in placed if any(step.trigger == Trigger.CAPTURED for step in each.history)]
    captured, refunded, earned = Counter[str](), Counter[str](), Counter[datetime]()
    for each in paid:
        captured[each.currency] += each.total
        refunded[each.currency] += each.refunded
        earned[period.slot(each.placed_at)] += each.total if each.currency == currency else 0
    begun = Counter(period.slot(each.placed_at) for each in placed)
    return Figures(
        by_state=Counter(each.state for each in placed),
        revenue={each: Revenue(captured[each], refunded[each]) for each in captured},
        slots={at: Slot(orders, earned[at]) for at, orders in begun.items()},
        best=_best_sellers(paid),
    )


def _best_sellers(paid: Iterable[Order]) -> list[Seller]:
    pieces, names = Counter[str](), dict[str, str]()
    for order in sorted(paid, key=lambda each: (each.placed_at, each.id)):
        for line in order.lines:
            pieces[line.sku] += line.quantity
            names[line.sku] = line.name
    most = sorted(pieces.items(), key=lambda each: (-each[1], each[0]))[:BEST]
    return [Seller(sku, names[sku], quantity) for sku, quantity in most]
