"""Path, verb, who may, what happens."""

from typing import Annotated
from uuid import UUID

from chassis.callers import SignedIn
from chassis.problems import refusals
from fastapi import APIRouter, Header, HTTPException, Request

from payment_service.api.refusals import REFUSALS
from payment_service.api.schemas import NewPaymentMethod, PaymentMethodList, PaymentMethodView
from payment_service.domain.webhook import WebhookRefused
from payment_service.use_cases.payment_methods import (
    PaymentMethodDeclined,
    PaymentMethodNotFound,
    PaymentTokenRefused,
    TooManyPaymentMethods,
)
from payment_service.wiring import AddPaymentMethodDep, DeletePaymentMethodDep, ListPaymentMethodsDep, ReceiveWebhookDep

MAX_WEBHOOK = 256 * 1024

router = APIRouter()


@router.post(
    "/api/v1/payment-methods",
    status_code=201,
    responses=refusals(REFUSALS, PaymentTokenRefused, PaymentMethodDeclined, TooManyPaymentMethods),
)
async def add_payment_method(body: NewPaymentMethod, caller: SignedIn, add: AddPaymentMethodDep) -> PaymentMethodView:
    """Save a card that the provider knows by a token."""
    return PaymentMethodView.from_method(await add(caller.user_id, provider_token=body.provider_token))


@router.get("/api/v1/payment-methods")
async def list_payment_methods(caller: SignedIn, listed: ListPaymentMethodsDep) -> PaymentMethodList:
    """Your saved cards, oldest first."""
    return PaymentMethodList(items=[PaymentMethodView.from_method(each) for each in await listed(caller.user_id)])


@router.delete(
    "/api/v1/payment-methods/{method_id}", status_code=204, responses=refusals(REFUSALS, PaymentMethodNotFound)
)
async def delete_payment_method(method_id: UUID, caller: SignedIn, delete: DeletePaymentMethodDep) -> None:
    """Forget a card."""
    await delete(caller.user_id, method_id)


@router.post("/api/v1/webhooks/psp", responses=refusals(REFUSALS, WebhookRefused))
async def receive_webhook(
    request: Request, receive: ReceiveWebhookDep, signature: Annotated[str, Header(alias="Stripe-Signature")] = ""
) -> dict[str, bool]:
    """For the payment provider alone: its signature is the proof."""
    body = await request.body()
    if len(body) > MAX_WEBHOOK:
        raise HTTPException(413, f"A webhook may have {MAX_WEBHOOK} bytes.")
    await receive(body, signature)
    return {"received": True}
