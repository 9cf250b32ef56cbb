"""What the use cases need from outside. Each has an in-memory twin."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from chassis.outbox import Kept

from order_service.domain.cart import Cart
from order_service.domain.figures import Figures, Period
from order_service.domain.order import Order
from order_service.domain.quote import Offer
from order_service.domain.states import Command, Said, State


class KeyTaken(Exception):
    """This customer has an order with this Idempotency-Key."""


class CartTaken(Exception):
    """This cart has an open order."""


class NumberTaken(Exception):
    """Another order happens to have this number."""


@dataclass(frozen=True, slots=True)
class Due:
    """An order that the sweeper has claimed, and when what it waits for first left; absent while it has not."""

    order: Order
    first_sent: Mapping[Command, datetime]


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many orders wait in a state, the first of them since then."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the staff's list ended."""

    placed_at: datetime
    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What staff looks for; None means whatever it is."""

    state: State | None = None
    user_id: UUID | None = None
    number: str | None = None
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    """Not included."""
    due_before: datetime | None = None
    """Those that should have moved on before then."""
    needs_review: bool | None = None


class Orders(Protocol):
    """Orders, each with its history and its outbox: one atomic write a step. Read by their owners alone."""

    async def add(self, order: Order, says: Sequence[Said]) -> None:
        """Raises KeyTaken, CartTaken, NumberTaken; then nothing was written."""
        ...

    async def save(self, order: Order, says: Sequence[Said]) -> bool:
        """Replace version `order.version - 1`; False when the stored order is not that one."""
        ...

    async def get(self, order_id: UUID, *, owner: UUID) -> Order | None:
        """None for somebody else's, too."""
        ...

    async def by_key(self, key: str, *, owner: UUID) -> Order | None: ...

    async def open_orders(self, cart_ids: Sequence[UUID], *, owner: UUID | None) -> Mapping[UUID, UUID]:
        """Cart -> its open order, for those of the owner's that have one. Nobody's carts have none."""
        ...

    async def list_of(self, owner: UUID, *, before: UUID | None, limit: int) -> Sequence[Order]:
        """Newest first, older than the order `before`."""
        ...

    async def count_unsent(self, *, limit: int) -> int:
        """How many orders have something to say that has not left; counting ends at `limit`."""
        ...


class AllOrders(Orders, Protocol):
    """Everybody's orders: for the saga, the sweeper and the staff, never for a customer's request."""

    async def any(self, order_id: UUID) -> Order | None: ...

    async def found(
        self, wanted: OrderFilter, *, after: Place | None, oldest_first: bool, limit: int
    ) -> Sequence[Order]:
        """By the time they were placed, beyond `after` in that direction."""
        ...

    async def claim_due(self, *, lease: UUID, until: datetime, now: datetime) -> Due | None:
        """The order whose next action is longest overdue; nobody else gets it before `until`."""
        ...

    async def repeat(self, order: Order, *, lease: UUID, commands: Sequence[Command]) -> bool:
        """Say these commands again, and keep the order's `tries`, `next_action_at` and `needs_review`.

        False when the lease was lost or the order has moved on; then nothing was written.
        """
        ...

    async def waiting(self) -> Mapping[str, Waiting]:
        """State -> the orders that wait in it for somebody; states where nobody waits are not there."""
        ...

    async def said(self, order_id: UUID) -> Sequence[Kept] | None:
        """What its outbox still keeps, in the order of the steps; None when there is no such order."""
        ...

    async def figures(self, period: Period, *, currency: str) -> Figures:
        """Of the orders placed in that time."""
        ...

    async def count_to_review(self) -> int: ...

    async def count_overdue(self, now: datetime) -> int:
        """How many of them should have been looked at by now."""
        ...

    def facts(self) -> AsyncIterator[dict[str, Any]]: ...


class Carts(Protocol):
    async def add(self, cart: Cart) -> bool:
        """False when a cart with this id is there."""
        ...

    async def get(self, cart_id: UUID, *, owner: UUID | None) -> Cart | None:
        """The owner's, or nobody's. An anonymous caller, None, gets nobody's alone."""
        ...

    async def latest(self, owner: UUID, *, limit: int) -> Sequence[Cart]:
        """This person's carts, newest first."""
        ...

    async def save(self, cart: Cart, *, seen: int) -> bool:
        """Replace version `seen`; False when the stored cart is not that one."""
        ...


class Products(Protocol):
    async def offers(self, lines: Mapping[str, int], *, currency: str) -> Mapping[str, Offer]:
        """What can be bought now among these SKUs (with quantities). Raises Unreachable."""
        ...


class Counts(Protocol):
    """Where the use cases say what happened, for whoever counts it."""

    def unexpected(self, state: str, trigger: str) -> None: ...

    def placed(self) -> None: ...

    def asked_again(self, state: str) -> None: ...

    def gave_up(self, state: str) -> None: ...

    def confirmed(self, after: timedelta) -> None:
        """An order that waited for nobody but us was confirmed, so long after it was placed."""
        ...

    def refund_failed(self) -> None:
        """The provider would not give money back; it is asked again, and somebody should know."""
        ...
