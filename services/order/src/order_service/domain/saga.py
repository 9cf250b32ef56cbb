"""How an order takes a step of the table, when the next one is due, and what it looked like after an earlier one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from order_service.domain.order import HistoryEntry, Order, storable
from order_service.domain.refund import Outcome, Refund
from order_service.domain.saga_table import ENDS, GIVES_UP, ONLY_WHEN, OUTCOMES, Row, Trigger, find
from order_service.domain.states import CancelReason, Command, Event, Said, State

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(seconds=60)
REVIEW_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Step:
    """The order as it is after a trigger, and what it says about that."""

    order: Order
    says: tuple[Said, ...]


def advance(order: Order, trigger: Trigger, *, now: datetime, refunded: int = 0, by_staff: bool = False) -> Step | None:
    """The order after `trigger`, one version later; None when the table does not know it here.

    `refunded`: what a cancellation has brought back; other refunds are known to the order.
    """
    row = find(order, trigger)
    if row is None:
        return None
    now = storable(now)
    says = _says(order, row, trigger)
    commands = tuple(said for said in says if isinstance(said, Command))
    awaits = _awaits(order, row, commands)
    version = order.version + 1
    refunds = _refunds(order, trigger, version)
    moved = replace(
        order,
        state=row.after,
        version=version,
        history=(*order.history, HistoryEntry(version, row.before, row.after, trigger.value, now)),
        awaits=awaits,
        tries=0 if commands else order.tries,
        next_action_at=_next_action(order, commands, awaits, now),
        cancel_requested=order.cancel_requested or trigger is Trigger.CANCEL,
        cancelled_by_staff=order.cancelled_by_staff or by_staff,
        refunds=refunds,
        refunded=order.refunded + _came_back(order, trigger, refunded),
        needs_review=order.needs_review and bool(awaits),
    )
    return Step(replace(moved, cancel_reason=_reason(moved, row)), says)


def as_of(order: Order, version: int) -> Order:
    """The order right after that step: a repeated request gets the answer of the first one."""
    past = order.history[:version]
    state, triggers = past[-1].after, {each.trigger for each in past}
    refunds = tuple(each.as_of(version) for each in order.refunds if each.version <= version)
    cancelled = any(each.before is State.CANCELLING and each.trigger == Trigger.REFUNDED for each in past)
    back = sum(each.amount for each in refunds if each.outcome is Outcome.DONE)
    return replace(
        order,
        state=state,
        version=version,
        history=past,
        shipment=order.shipment if Trigger.SHIP in triggers else None,
        refunds=refunds,
        refunded=order.refunded if cancelled else back,
        cancel_reason=order.cancel_reason if state in {State.CANCELLING, State.CANCELLED} else None,
        cancel_requested=Trigger.CANCEL in triggers,
    )


def gives_up_at(order: Order, first_sent: Mapping[Command, datetime]) -> datetime | None:
    """When the present state ends by itself; None where it waits for ever, or while its command has not left."""
    if order.state is State.AWAITING_CUSTOMER and order.payment_page is not None:
        return order.payment_page.expires_at
    if order.state not in GIVES_UP:
        return None
    command, patience = GIVES_UP[order.state]
    sent = first_sent.get(command)
    return sent + patience if sent is not None else None


def retry_pause(tries: int) -> timedelta:
    """Before the sweeper repeats a command: 5 s, twice as long each time, at most 60 s."""
    return min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(tries, 16))


def needs_review(order: Order, now: datetime) -> bool:
    """Past the pivot, or on the way back, for a day: these states never give up by themselves."""
    stuck = order.state in {State.COMMITTED, State.CANCELLING, State.REFUNDING}
    return stuck and now - order.entered_at > REVIEW_AFTER


def _says(order: Order, row: Row, trigger: Trigger) -> tuple[Said, ...]:
    """What the row says; a step that tells nobody of itself is told as progress, for those who watch."""
    says = tuple(said for said in row.says if said not in ONLY_WHEN or ONLY_WHEN[said](order, trigger))
    told = any(isinstance(said, Event) for said in says)
    return says if told or row.after is row.before else (*says, Event.PROGRESSED)


def _awaits(order: Order, row: Row, commands: tuple[Command, ...]) -> frozenset[Command]:
    if row.waits_on:
        return order.awaits
    if row.after is row.before:
        done = ENDS.get(row.trigger)
        return order.awaits - {done} if done is not None else order.awaits
    return frozenset(commands)


def _refunds(order: Order, trigger: Trigger, version: int) -> tuple[Refund, ...]:
    """With the end of the one under way, when this is it."""
    if order.open_refund is None or trigger not in OUTCOMES:
        return order.refunds
    return (*order.refunds[:-1], replace(order.open_refund, outcome=OUTCOMES[trigger], settled_in=version))


def _came_back(order: Order, trigger: Trigger, refunded: int) -> int:
    if order.open_refund is None:
        return refunded
    return order.open_refund.amount if trigger is Trigger.REFUNDED else 0


def _reason(order: Order, row: Row) -> CancelReason | None:
    if row.reason is CancelReason.CUSTOMER and order.cancelled_by_staff:
        return CancelReason.STAFF
    return row.reason or order.cancel_reason


def _next_action(
    order: Order, commands: tuple[Command, ...], awaits: frozenset[Command], now: datetime
) -> datetime | None:
    if not awaits:
        return None
    return now + retry_pause(0) if commands else order.next_action_at
