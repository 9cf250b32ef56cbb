"""What goes over HTTP for staff."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self, override
from uuid import UUID

from chassis.outbox import Kept
from chassis.schemas import RequestBody, ResponseBody, ShortText, Written
from fastapi import Query
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, model_validator

from order_service.api.schemas import OrderView, Sku, never_null
from order_service.domain.cart import MAX_LINES, MAX_QUANTITY
from order_service.domain.order import Order
from order_service.domain.refund import Piece, Refund, RefundWish
from order_service.domain.saga_table import came_from

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]
PlacedFrom = Annotated[Moment | None, Query(description="Placed then or later; between 2000 and 2200.")]
PlacedTo = Annotated[Moment | None, Query(description="Placed before then; between 2000 and 2200.")]
Number = Annotated[str | None, Query(pattern=r"^M-[0-9A-Z]{4}-[0-9A-Z]{4}$", description="Such as M-7K3Q-92TD.")]


class Parcel(RequestBody):
    carrier: Annotated[str, Written, StringConstraints(min_length=1, max_length=60)]
    tracking: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{3,60}$")]


class PieceBody(RequestBody):
    sku: Sku
    quantity: int = Field(ge=1, le=MAX_QUANTITY, strict=True)


Amount = Annotated[int, Field(ge=1, le=2**53, strict=True)]
Pieces = Annotated[list[PieceBody], Field(min_length=1, max_length=MAX_LINES)]


class RefundBody(RequestBody):
    """An amount, or the price of some lines with their tax; neither: all that is left."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["amount", "lines"]}})

    amount: Amount | None = Field(default=None, description="Minor units.", json_schema_extra=never_null)
    lines: Pieces | None = Field(default=None, description="What is paid back.", json_schema_extra=never_null)
    restock: Pieces | None = Field(
        default=None, description="What goes back on the shelf.", json_schema_extra=never_null
    )
    reason: ShortText

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if "amount" in self.model_fields_set and "lines" in self.model_fields_set:
            raise ValueError("amount or lines, not both")
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("left out rather than null")
        return self

    def to_wish(self) -> RefundWish:
        return RefundWish(self.amount, _pieces(self.lines), _pieces(self.restock), self.reason)


class PieceView(ResponseBody):
    sku: str
    quantity: int


class RefundView(ResponseBody):
    id: UUID
    amount: int
    restock: list[PieceView]
    reason: str
    by: UUID
    at: datetime
    outcome: str = Field(description="OPEN, DONE or FAILED.")

    @classmethod
    def from_refund(cls, refund: Refund) -> Self:
        return cls(
            id=refund.id,
            amount=refund.amount,
            restock=[PieceView(sku=piece.sku, quantity=piece.quantity) for piece in refund.restock],
            reason=refund.reason,
            by=refund.by,
            at=refund.at,
            outcome=refund.outcome,
        )


class TransitionView(ResponseBody):
    version: int
    before: str | None
    after: str
    trigger: str
    at: datetime


class StaffOrderView(OrderView):
    """All that the customer sees, and what the machinery knows besides."""

    user_id: UUID
    version: int
    came_from: str | None = Field(description="While REFUNDING: where the order goes back to.")
    awaits: list[str] = Field(description="What others have been asked for and have not answered.")
    next_action_at: datetime | None
    tries: int
    needs_review: bool
    cancelled_by_staff: bool
    refunds: list[RefundView]
    transitions: list[TransitionView] = Field(description="Every step, those that stayed in a state included.")

    @classmethod
    @override
    def from_order(cls, order: Order) -> Self:
        seen: dict[str, Any] = dict(OrderView.from_order(order))
        return cls(
            **seen,
            user_id=order.user_id,
            version=order.version,
            came_from=came_from(order),
            awaits=sorted(order.awaits),
            next_action_at=order.next_action_at,
            tries=order.tries,
            needs_review=order.needs_review,
            cancelled_by_staff=order.cancelled_by_staff,
            refunds=[RefundView.from_refund(each) for each in order.refunds],
            transitions=[
                TransitionView(
                    version=each.version, before=each.before, after=each.after, trigger=each.trigger, at=each.at
                )
                for each in order.history
            ],
        )


class MessageView(ResponseBody):
    """A command or an event, as the outbox keeps it."""

    id: UUID
    name: str
    exchange: str
    lane: str = Field(description="`saga` leaves first, then `news`.")
    written_at: datetime
    first_sent_at: datetime | None = Field(description="When the broker first had it.")
    published_at: datetime | None = Field(description="When it last left; null while it has to leave (again).")
    attempts: int = Field(description="How often the broker would not have it.")
    trace_id: str | None

    @classmethod
    def from_kept(cls, kept: Kept) -> Self:
        envelope = kept.outgoing.envelope
        return cls(
            id=envelope.id,
            name=envelope.type.partition(".")[0],
            exchange=kept.outgoing.exchange,
            lane=kept.outgoing.lane,
            written_at=kept.written_at,
            first_sent_at=kept.first_sent_at,
            published_at=kept.published_at,
            attempts=kept.attempts,
            trace_id=envelope.trace.split("-")[1] if envelope.trace else None,
        )


class MessageList(ResponseBody):
    items: list[MessageView]


class RefundedView(ResponseBody):
    refund: RefundView
    order: OrderView


def _pieces(bodies: list[PieceBody] | None) -> list[Piece]:
    return [Piece(each.sku, each.quantity) for each in bodies or []]
