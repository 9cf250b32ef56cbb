"""A hold: what one order has of our stock. Its states, and what each command answers, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class HoldState(StrEnum):
    HELD = "HELD"
    REJECTED = "REJECTED"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"
    UNCOMMITTED = "UNCOMMITTED"


class Command(StrEnum):
    RESERVE = "reserve"
    COMMIT = "commit"
    RELEASE = "release"


class Answer(StrEnum):
    RESERVED = "reserved"
    REJECTED = "rejected"
    COMMITTED = "committed"
    COMMIT_REJECTED = "commit_rejected"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Step:
    """What a command does to a hold, and what it answers."""

    becomes: HoldState
    answer: Answer
    otherwise: "Step | None" = None
    """The step that is taken instead when the stock is not free; None where stock is not asked for."""


HELD, REJECTED, COMMITTED, RELEASED, EXPIRED, UNCOMMITTED = HoldState
RESERVE, COMMIT, RELEASE = Command

TABLE: Mapping[tuple[HoldState | None, Command], Step] = {
    (None, RESERVE): Step(HELD, Answer.RESERVED, otherwise=Step(REJECTED, Answer.REJECTED)),
    (None, RELEASE): Step(RELEASED, Answer.RELEASED),
    (HELD, RESERVE): Step(HELD, Answer.RESERVED),
    (HELD, COMMIT): Step(COMMITTED, Answer.COMMITTED),
    (HELD, RELEASE): Step(RELEASED, Answer.RELEASED),
    (EXPIRED, RESERVE): Step(EXPIRED, Answer.RESERVED),
    (EXPIRED, COMMIT): Step(COMMITTED, Answer.COMMITTED, otherwise=Step(EXPIRED, Answer.COMMIT_REJECTED)),
    (EXPIRED, RELEASE): Step(RELEASED, Answer.RELEASED),
    (COMMITTED, RESERVE): Step(COMMITTED, Answer.COMMITTED),
    (COMMITTED, COMMIT): Step(COMMITTED, Answer.COMMITTED),
    (COMMITTED, RELEASE): Step(UNCOMMITTED, Answer.RELEASED),
    (REJECTED, RESERVE): Step(REJECTED, Answer.REJECTED),
    (REJECTED, RELEASE): Step(REJECTED, Answer.RELEASED),
    (RELEASED, RESERVE): Step(RELEASED, Answer.RELEASED),
    (RELEASED, COMMIT): Step(RELEASED, Answer.COMMIT_REJECTED),
    (RELEASED, RELEASE): Step(RELEASED, Answer.RELEASED),
    (UNCOMMITTED, RESERVE): Step(UNCOMMITTED, Answer.RELEASED),
    (UNCOMMITTED, COMMIT): Step(UNCOMMITTED, Answer.COMMIT_REJECTED),
    (UNCOMMITTED, RELEASE): Step(UNCOMMITTED, Answer.RELEASED),
}
"""A pair that is not here has no answer: nothing was held, so there is nothing to commit."""


class NothingToCommit(Exception):
    """A CommitStock without a hold: it overtook its ReserveStock, or should never have been sent."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} holds nothing that could be committed.")
        self.order_id = order_id


class HoldNotFound(Exception):
    """The order has never asked for stock."""

    def __init__(self) -> None:
        super().__init__("There is no hold of this order.")


@dataclass(frozen=True, slots=True)
class Missing:
    """A line that could not be held."""

    sku: str
    wanted: int
    available: int


@dataclass(frozen=True, slots=True)
class Hold:
    """What one order has of our stock; all of its lines or none."""

    order_id: UUID
    state: HoldState
    lines: Mapping[str, int]
    """SKU -> quantity."""
    missing: tuple[Missing, ...] = ()
    """Why it was rejected."""


def ledger_ref(order_id: UUID) -> str:
    """What names an order's sale, and its undoing, in the ledger."""
    return f"order:{order_id}"


def step(order_id: UUID, state: HoldState | None, command: Command) -> Step:
    """What `command` does to a hold in `state` (None: there is none). Raises NothingToCommit."""
    found = TABLE.get((state, command))
    if found is None:
        raise NothingToCommit(order_id)
    return found


def added_up(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """One quantity per SKU, in the order of SKUs, however often a SKU is named."""
    total: dict[str, int] = {}
    for sku, quantity in lines:
        total[sku] = total.get(sku, 0) + quantity
    return dict(sorted(total.items()))
