"""What must be true of every state, and where every state must lead. Each has a name, and is a sentence."""

from collections.abc import Callable, Iterator

from contracts.payment import RefundFailed
from contracts.product import ReturnStock
from order_service.domain.order import Order
from order_service.domain.saga_table import BECOMES, GIVES_UP, Trigger
from order_service.domain.saga_table import ENDS as LEGS
from order_service.domain.states import Command, State
from payment_service.domain.commands import State as PaymentState
from product_service.domain.hold import HoldState

from tests.explorer.explore import Explored
from tests.explorer.model import Model, Shop
from tests.explorer.parts import TOTAL, OrderPart
from tests.explorer.provider import HELD, TAKEN

SOLD = frozenset({State.CONFIRMED, State.SHIPPED, State.DELIVERED, State.REFUNDING, State.REFUNDED})
ENDS = frozenset({State.CONFIRMED, State.SHIPPED, State.DELIVERED, State.REFUNDED, State.CANCELLED})
BACK = frozenset({State.CANCELLING, State.CANCELLED})
BEFORE_SHIPPING = frozenset(
    {State.PENDING, State.RESERVED, State.AWAITING_CUSTOMER, State.AUTHORIZED, State.COMMITTED, State.CONFIRMED}
)


class Violated(AssertionError):
    """A property does not hold; names it."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"{name}: {where}")
        self.name = name


# --- of every state


def nobody_is_charged_without_goods(model: Model, shop: Shop) -> bool:
    kept = model.provider(shop).charged
    return not kept or shop.hold is HoldState.COMMITTED or model.order(shop).state in BACK


def what_is_confirmed_is_paid_and_set_aside(model: Model, shop: Shop) -> bool:
    if model.order(shop).state not in SOLD:
        return True
    payment = model.rows(shop).payment
    return (
        model.provider(shop).intent is TAKEN
        and payment is not None
        and payment.state is PaymentState.CAPTURED
        and shop.hold is HoldState.COMMITTED
    )


def the_one_piece_is_sold_once(_model: Model, shop: Shop) -> bool:
    return not (shop.other_has_it and shop.hold in {HoldState.HELD, HoldState.COMMITTED})


def what_is_cancelled_holds_no_goods(model: Model, shop: Shop) -> bool:
    held = shop.hold in {HoldState.HELD, HoldState.COMMITTED}
    return model.order(shop).state is not State.CANCELLED or not held


def what_is_cancelled_keeps_no_money(model: Model, shop: Shop) -> bool:
    """Neither taken nor reserved, and no call is on its way that could still take or reserve any."""
    if model.order(shop).state is not State.CANCELLED:
        return True
    later, new = {shop.provider}, {shop.provider}
    while new:
        new = {model.landed(provider, call) for provider in new for call in shop.late} - later
        later |= new
    return not any(each.charged or each.intent is HELD for each in map(model.provider_of, later))


def no_more_is_given_back_than_was_taken(model: Model, shop: Shop) -> bool:
    order = model.order(shop)
    return model.provider(shop).charged >= 0 and 0 <= order.refunded <= TOTAL


def refunded_means_that_all_is_back(model: Model, shop: Shop) -> bool:
    order = model.order(shop)
    return order.state is not State.REFUNDED or (order.refunded == TOTAL and not model.provider(shop).charged)


def what_was_shipped_stays_shipped(model: Model, shop: Shop) -> bool:
    """A refund brings an order back to where it was, or has got meanwhile."""
    state = model.order(shop).state
    return state not in set(BECOMES.values()) | {State.CONFIRMED} or state == (shop.parcel or State.CONFIRMED)


def who_waits_for_a_reply_has_asked_for_it(model: Model, shop: Shop) -> bool:
    order = model.order(shop)
    return bool(order.awaits) == (order.next_action_at is not None)


def goods_come_back_only_when_they_were_sent_back(model: Model, shop: Shop) -> bool:
    return not any(isinstance(model.word(each), ReturnStock) for each in shop.said)


# --- of every step that an order can take


def a_repeat_changes_nothing(orders: OrderPart, _order: Order, cause: object, after: Order) -> bool:
    """Not even the history. Another refund is another wish, and each refund that fails is noted."""
    return cause is Trigger.REFUND or isinstance(cause, RefundFailed) or orders.step(after, cause) is None


def whoever_is_on_the_way_back_comes_back(_orders: OrderPart, order: Order, _cause: object, after: Order) -> bool:
    on_the_way = order.state in BACK or order.cancel_requested
    return not on_the_way or after.state in BACK or (after.state is State.COMMITTED and after.cancel_requested)


Invariant = Callable[[Model, Shop], bool]
INVARIANTS: tuple[Invariant, ...] = (
    nobody_is_charged_without_goods,
    what_is_confirmed_is_paid_and_set_aside,
    the_one_piece_is_sold_once,
    what_is_cancelled_holds_no_goods,
    what_is_cancelled_keeps_no_money,
    no_more_is_given_back_than_was_taken,
    refunded_means_that_all_is_back,
    what_was_shipped_stays_shipped,
    who_waits_for_a_reply_has_asked_for_it,
    goods_come_back_only_when_they_were_sent_back,
)
OF_STEPS = (a_repeat_changes_nothing, whoever_is_on_the_way_back_comes_back)


def look(found: Explored, number: int) -> None:
    """For `explore`: each new state, as soon as it is found."""
    for invariant in INVARIANTS:
        if not invariant(found.model, found.states[number]):
            raise Violated(invariant.__name__, found.path(number))


# --- where it leads


def every_order_comes_to_an_end(found: Explored) -> Iterator[int]:
    """Fair steps lead on from everywhere: no faults, no wishes, and nobody has to give up."""
    ends = (number for number, shop in enumerate(found.states) if found.model.order(shop).state in ENDS)
    reached = found.can_reach(ends)
    return (number for number in range(len(found.states)) if number not in reached)


def a_customer_may_cancel_until_it_is_shipped(found: Explored) -> Iterator[int]:
    for number, order in _waiting(found, BEFORE_SHIPPING):
        if not order.cancel_requested and not _leads_back(found, order, Trigger.CANCEL):
            yield number


def who_waits_for_somebody_silent_gives_up(found: Explored) -> Iterator[int]:
    for number, order in _waiting(found, {*GIVES_UP, State.AWAITING_CUSTOMER}):
        if not _leads_back(found, order, Trigger.GIVE_UP):
            yield number


def what_is_paid_can_be_shipped_and_arrives(found: Explored) -> Iterator[int]:
    """Also while some of the money is on its way back."""
    for number, order in _waiting(found, SOLD - {State.REFUNDED}):
        shop = found.states[number]
        cause = Trigger.DELIVER if shop.parcel is State.SHIPPED else Trigger.SHIP
        if shop.parcel is not State.DELIVERED and found.model.orders.step(order, cause) is None:
            yield number


def what_is_paid_can_be_given_back_until_all_is_back(found: Explored) -> Iterator[int]:
    for number, order in _waiting(found, {State.CONFIRMED, State.SHIPPED, State.DELIVERED}):
        if found.model.orders.step(order, Trigger.REFUND) is None:
            yield number


def a_refund_that_failed_is_noted(found: Explored) -> Iterator[int]:
    for number, order in _waiting(found, {State.CANCELLING}):
        noted = found.model.noted(order, Trigger.REFUND_FAILED)
        if noted != (Command.REFUND_PAYMENT in order.awaits):
            yield number


def a_leg_that_is_done_is_not_waited_for(found: Explored) -> Iterator[int]:
    """Whichever of the two is told first."""
    for number, order in _waiting(found, {State.CANCELLING}):
        legs = (trigger for trigger, command in LEGS.items() if command in order.awaits)
        if not all(found.model.noted(order, trigger) for trigger in legs):
            yield number


def what_can_be_sold_is_sold(found: Explored) -> Iterator[int]:
    """Where nothing stands in the way, there is a way to CONFIRMED."""
    states = {found.model.order(shop).state for shop in found.states}
    return iter(() if State.CONFIRMED in states or found.model.plot.hopeless else (0,))


Leading = Callable[[Explored], Iterator[int]]
LIVENESS: tuple[Leading, ...] = (
    every_order_comes_to_an_end,
    a_customer_may_cancel_until_it_is_shipped,
    who_waits_for_somebody_silent_gives_up,
    what_is_paid_can_be_shipped_and_arrives,
    what_is_paid_can_be_given_back_until_all_is_back,
    a_refund_that_failed_is_noted,
    a_leg_that_is_done_is_not_waited_for,
    what_can_be_sold_is_sold,
)


def check_where_it_leads(found: Explored) -> None:
    for cause, order, after in found.model.order_steps():
        for of_step in OF_STEPS:
            if not of_step(found.model.orders, order, cause, after):
                raise Violated(of_step.__name__, f"{order.state}, {cause}, {after.state}")
    for liveness in LIVENESS:
        for number in liveness(found):
            raise Violated(liveness.__name__, f"{found.model.order(found.states[number]).state} {found.path(number)}")


def _waiting(found: Explored, states: set[State] | frozenset[State]) -> Iterator[tuple[int, Order]]:
    """One state of the world for each such order."""
    seen: set[int] = set()
    for number, shop in enumerate(found.states):
        key = (shop.order, shop.parcel)
        if key not in seen and found.model.order(shop).state in states:
            seen.add(key)
            yield number, found.model.order(shop)


def _leads_back(found: Explored, order: Order, cause: Trigger) -> bool:
    step = found.model.orders.step(order, cause)
    return step is not None and (step.order.state in BACK or step.order.cancel_requested)
