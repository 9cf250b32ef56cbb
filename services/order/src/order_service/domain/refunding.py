"""What may go back of an order: money that is left, goods that were bought and shipped."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from order_service.domain.order import Order, OrderOver, storable
from order_service.domain.refund import NotBought, NotShipped, Piece, Refund, RefundTooMuch, RefundWish
from order_service.domain.saga_table import Trigger, find


class NotRefundable(OrderOver):
    """Nothing was paid yet, a refund is under way already, or all is back."""

    def __init__(self, order: Order) -> None:
        Exception.__init__(self, f"The order is {order.state}: nothing can be returned now.")
        self.state = order.state


def decide(
    order: Order, wish: RefundWish, *, refund_id: UUID, by: UUID, key: str, request_hash: str, now: datetime
) -> Refund:
    """The refund that this wish comes to. Raises NotRefundable, RefundTooMuch, NotBought, NotShipped."""
    if find(order, Trigger.REFUND) is None:
        raise NotRefundable(order)
    restock = _restocked(order, wish.restock)
    left = order.total - order.refunded
    amount = _amount(order, wish, left)
    if not 0 < amount <= left:
        raise RefundTooMuch(amount, left=left)
    return Refund(
        id=refund_id,
        amount=amount,
        restock=restock,
        reason=wish.reason,
        by=by,
        at=storable(now),
        key=key,
        request_hash=request_hash,
        version=order.version + 1,
    )


def _amount(order: Order, wish: RefundWish, left: int) -> int:
    if wish.amount is not None:
        return wish.amount
    if not wish.lines:
        return left
    wanted = _added_up(wish.lines)
    _refuse_unbought(wanted, _bought(order), field="lines")
    prices = {line.sku: line.unit_price for line in order.lines}
    net = sum(prices[sku] * quantity for sku, quantity in wanted.items())
    # Rounding each time up could come to more than was paid: the last one gets what is left.
    return min(left, share(order.total, net, order.subtotal + order.shipping))


def share(whole: int, part: int, of: int) -> int:
    """`whole` * `part` / `of`, half of one rounded to the even neighbour: tax and discount go with the goods."""
    result, rest = divmod(whole * part, of)
    return result + 1 if (2 * rest, result % 2) > (of, 0) else result


def _restocked(order: Order, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    if not pieces:
        return ()
    if order.shipment is None:
        raise NotShipped
    wanted = _added_up(pieces)
    bought = _bought(order)
    bought.subtract(order.returned)
    _refuse_unbought(wanted, bought, field="restock")
    return tuple(Piece(sku, quantity) for sku, quantity in wanted.items())


def _refuse_unbought(wanted: Mapping[str, int], bought: Mapping[str, int], *, field: str) -> None:
    for sku, quantity in wanted.items():
        if quantity > bought.get(sku, 0):
            raise NotBought(sku, at_most=bought.get(sku, 0), field=field)


def _bought(order: Order) -> Counter[str]:
    return Counter({line.sku: line.quantity for line in order.lines})


def _added_up(pieces: Sequence[Piece]) -> Counter[str]:
    added: Counter[str] = Counter()
    for piece in pieces:
        added[piece.sku] += piece.quantity
    return added
