"""Payments, for staff: path, verb, who may, what happens."""

from typing import Annotated
from uuid import UUID

from chassis.callers import SignedIn
from fastapi import APIRouter, Query

from payment_service.api.staff_schemas import PaymentList, PaymentView
from payment_service.wiring import SeePaymentsDep

router = APIRouter()
OfOrder = Annotated[UUID, Query(description="Whose payments; none is known of an order that never came to paying.")]


@router.get("/api/v1/staff/payments")
async def see_payments(order_id: OfOrder, _staff: SignedIn, see: SeePaymentsDep) -> PaymentList:
    """What is kept of an order's payments: states, refunds, and what was booked. Single calls are not kept."""
    return PaymentList(items=[PaymentView.from_story(each) for each in await see(order_id)])
