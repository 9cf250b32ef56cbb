"""What staff sees of payments. Amounts are integer minor units."""

from datetime import datetime
from typing import Self
from uuid import UUID

from chassis.schemas import ResponseBody
from pydantic import Field

from payment_service.ports import Booked, PaymentStory, RefundStory


class PaymentRefundView(ResponseBody):
    id: UUID
    amount: int
    state: str
    reason: str | None
    tries: int = Field(description="That came to nothing, since the last step forward.")
    begun_at: datetime
    first_sent_at: datetime | None = Field(description="When the provider was first asked under the present key.")
    changed_at: datetime

    @classmethod
    def from_story(cls, story: RefundStory) -> Self:
        refund = story.refund
        return cls(
            id=refund.id,
            amount=refund.amount,
            state=refund.state.value,
            reason=refund.reason,
            tries=refund.tries,
            begun_at=story.begun_at,
            first_sent_at=refund.first_sent_at,
            changed_at=story.changed_at,
        )


class PostingView(ResponseBody):
    account: str
    side: str
    amount: int
    currency: str


class EntryView(ResponseBody):
    id: UUID
    at: datetime
    kind: str
    ref: str
    postings: list[PostingView]

    @classmethod
    def from_booked(cls, booked: Booked) -> Self:
        postings = [
            PostingView(account=each.account, side=each.side, amount=each.amount, currency=each.currency)
            for each in booked.entry.postings
        ]
        return cls(id=booked.id, at=booked.at, kind=booked.entry.kind, ref=booked.entry.ref, postings=postings)


class PaymentView(ResponseBody):
    id: UUID
    order_id: UUID
    state: str
    amount: int
    currency: str | None = Field(description="Null where a void came before anything else.")
    captured: int
    refunded: int
    intent_id: str | None = Field(description="The provider's id of the payment.")
    session_id: str | None = Field(description="The provider's id of its page.")
    hosted: bool = Field(description="Is it paid on the provider's page?")
    reason: str | None = Field(description="Why it failed, in the provider's word or ours.")
    unknown: bool = Field(description="A call's outcome is unknown: we look before anything is sent again.")
    attempts: int = Field(description="Calls that came to nothing, since the last step forward.")
    begun_at: datetime
    changed_at: datetime
    due_at: datetime | None = Field(description="When the provider is asked next.")
    trace_id: str | None
    refunds: list[PaymentRefundView]
    ledger: list[EntryView]

    @classmethod
    def from_story(cls, story: PaymentStory) -> Self:
        payment = story.payment
        return cls(
            id=payment.id,
            order_id=payment.order_id,
            state=payment.state.value,
            amount=payment.amount,
            currency=payment.currency,
            captured=payment.captured,
            refunded=payment.refunded,
            intent_id=payment.intent_id,
            session_id=payment.session_id,
            hosted=payment.hosted,
            reason=payment.reason,
            unknown=payment.unknown,
            attempts=payment.attempts,
            begun_at=story.begun_at,
            changed_at=story.changed_at,
            due_at=story.due_at,
            trace_id=payment.trace.split("-")[1] if payment.trace else None,
            refunds=[PaymentRefundView.from_story(each) for each in story.refunds],
            ledger=[EntryView.from_booked(each) for each in story.booked],
        )


class PaymentList(ResponseBody):
    items: list[PaymentView]
