"""Deliveries, for staff: path, verb, who may, what happens."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from chassis.callers import SignedIn
from chassis.schemas import ResponseBody
from fastapi import APIRouter, Query
from pydantic import Field

from notification_service.ports import Delivery, DeliveryState
from notification_service.wiring import SeeDeliveriesDep

router = APIRouter()
OfOrder = Annotated[UUID, Query(description="Which order they are about.")]


class DeliveryView(ResponseBody):
    """One message to the buyer on one channel. Where it went to is not told: people change their addresses."""

    event_id: UUID = Field(description="Of the event that it tells of.")
    kind: str
    channel: str
    user_id: UUID
    state: str = Field(description="QUEUED, WAITING_FOR_CONTACT, ACCEPTED, SUPPRESSED or GIVEN_UP.")
    attempts: int
    tried_at: datetime | None = Field(description="When it was last tried.")
    due_at: datetime | None = Field(description="When it is tried next; null when it is not queued.")
    message_id: str | None = Field(description="What it is called outside.")
    trace_id: str | None

    @classmethod
    def from_delivery(cls, delivery: Delivery) -> Self:
        return cls(
            event_id=delivery.event_id,
            kind=delivery.kind,
            channel=delivery.channel,
            user_id=delivery.user_id,
            state=delivery.state.value,
            attempts=delivery.attempts,
            tried_at=delivery.tried_at,
            due_at=delivery.due_at if delivery.state is DeliveryState.QUEUED else None,
            message_id=delivery.message_id,
            trace_id=delivery.trace.split("-")[1] if delivery.trace else None,
        )


class DeliveryList(ResponseBody):
    items: list[DeliveryView]


@router.get("/api/v1/staff/deliveries")
async def see_deliveries(order_id: OfOrder, _staff: SignedIn, see: SeeDeliveriesDep) -> DeliveryList:
    """What was sent, or is to be sent, because of an order."""
    return DeliveryList(items=[DeliveryView.from_delivery(each) for each in await see(order_id)])
