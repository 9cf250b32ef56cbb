"""The payment provider by the official Stripe SDK. Nothing else in the service knows it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import httpx2
from chassis.logging import get_logger

from payment_service.adapters.stripe_sdk import Httpx2Client, stripe
from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.refund import ProviderRefund, RefundState
from payment_service.domain.session import Session, SessionStatus
from payment_service.ports import Card, Declined, OutcomeUnknown, Refused, TryAgainLater

Called = Callable[[str, str], None]
"""Told of each call: operation and outcome."""

MOST_REFUNDS = 100
REFUND_STATES = {
    "pending": RefundState.REQUESTED,
    "requires_action": RefundState.REQUESTED,
    "succeeded": RefundState.DONE,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}

log = get_logger("payment.provider")


class StripeProvider:
    """Stripe, or what speaks like it at `base_url`. It never retries: that is the schedule's business."""

    def __init__(
        self,
        key: str,
        *,
        base_url: str,
        called: Called,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = Httpx2Client(transport)
        self._client = stripe.StripeClient(
            key, base_addresses={"api": base_url.rstrip("/")}, max_network_retries=0, http_client=self._http
        ).v1
        self._called = called

    async def create_intent(
        self, *, amount: int, currency: str, customer: str, method: str, metadata: Mapping[str, str], key: str
    ) -> Intent:
        made = self._client.payment_intents.create_async(
            {
                "amount": amount,
                "currency": currency.lower(),
                "customer": customer,
                "payment_method": method,
                "allowed_payment_method_types": ["card"],
                "capture_method": "manual",
                "metadata": dict(metadata),
            },
            {"idempotency_key": key},
        )
        return _intent(await self._call("create", made))

    async def create_session(
        self,
        *,
        amount: int,
        currency: str,
        metadata: Mapping[str, str],
        return_url: str,
        expires_at: datetime,
        key: str,
    ) -> Session:
        made = self._client.checkout.sessions.create_async(
            {
                "mode": "payment",
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": currency.lower(),
                            "unit_amount": amount,
                            "product_data": {"name": "Your order"},
                        },
                    }
                ],
                "allowed_payment_method_types": ["card"],
                "payment_intent_data": {"capture_method": "manual", "metadata": dict(metadata)},
                "metadata": dict(metadata),
                "success_url": _returning(return_url, "done"),
                "cancel_url": _returning(return_url, "closed"),
                "expires_at": int(expires_at.timestamp()),
                "expand": ["payment_intent"],
            },
            {"idempotency_key": key},
        )
        return _session(await self._call("create_session", made))

    async def retrieve_session(self, session_id: str) -> Session:
        call = self._client.checkout.sessions.retrieve_async(session_id, {"expand": ["payment_intent"]})
        return _session(await self._call("retrieve_session", call))

    async def expire_session(self, session_id: str, *, key: str) -> Session:
        call = self._client.checkout.sessions.expire_async(
            session_id, {"expand": ["payment_intent"]}, {"idempotency_key": key}
        )
        return _session(await self._call("expire_session", call))

    async def confirm(self, intent_id: str, *, return_url: str | None, key: str) -> Intent:
        confirm, options = self._client.payment_intents.confirm_async, {"idempotency_key": key}
        if return_url is None:
            call = confirm(intent_id, {"off_session": True}, options)
        else:
            call = confirm(intent_id, {"return_url": return_url}, options)
        return _intent(await self._call("confirm", call))

    async def retrieve(self, intent_id: str) -> Intent:
        return _intent(await self._call("retrieve", self._client.payment_intents.retrieve_async(intent_id)))

    async def capture(self, intent_id: str, *, key: str) -> Intent:
        call = self._client.payment_intents.capture_async(intent_id, {}, {"idempotency_key": key})
        return _intent(await self._call("capture", call))

    async def cancel(self, intent_id: str, *, key: str) -> Intent:
        call = self._client.payment_intents.cancel_async(intent_id, {}, {"idempotency_key": key})
        return _intent(await self._call("cancel", call))

    async def refund(self, intent_id: str, *, amount: int, metadata: Mapping[str, str], key: str) -> ProviderRefund:
        call = self._client.refunds.create_async(
            {"payment_intent": intent_id, "amount": amount, "metadata": dict(metadata)}, {"idempotency_key": key}
        )
        return _refund(await self._call("refund", call))

    async def find_refunds(self, intent_id: str) -> Sequence[ProviderRefund]:
        call = self._client.refunds.list_async({"payment_intent": intent_id, "limit": MOST_REFUNDS})
        return [_refund(each) for each in (await self._call("find_refunds", call)).data]

    async def create_customer(self, user_id: UUID, *, key: str) -> str:
        call = self._client.customers.create_async({"metadata": {"user_id": str(user_id)}}, {"idempotency_key": key})
        return (await self._call("create_customer", call)).id

    async def attach(self, token: str, *, customer: str) -> Card:
        call = self._client.payment_methods.attach_async(token, {"customer": customer})
        return _card(await self._call("attach", call))

    async def detach(self, provider_method_id: str) -> None:
        await self._call("detach", self._client.payment_methods.detach_async(provider_method_id))

    async def close(self) -> None:
        await self._http.close_async()

    async def _call[T](self, operation: str, call: Awaitable[T]) -> T:
        try:
            answer = await call
        except stripe.StripeError as error:
            fault = _fault(error)
            self._called(operation, type(fault).__name__)
            if error.http_status in (401, 403):
                log.error("provider.refuses_our_key", operation=operation)
            raise fault from error
        self._called(operation, "ok")
        return answer


def _fault(error: stripe.StripeError) -> Exception:
    """What an error means for us. When in doubt the outcome is unknown."""
    if isinstance(error, stripe.CardError):
        return Declined(_decline(error.json_body) or error.code or "declined")
    match error.http_status:
        case 409 | 429:
            return TryAgainLater(error.code or "busy")
        case 401 | 403:
            # Our key is wrong, not the payment: it goes on once somebody has put that right.
            return TryAgainLater("our key is refused")
        case 400 | 404 if isinstance(error, stripe.InvalidRequestError | stripe.IdempotencyError):
            return Refused(error.code or type(error).__name__)
        case status:
            replayed = (error.headers or {}).get("idempotent-replayed") == "true"
            return OutcomeUnknown(f"status {status}" if status else str(error), replayed=replayed)


def _decline(body: Any) -> str | None:
    """The bank's own word, where there is one."""
    error = body.get("error") if isinstance(body, dict) else None
    return error.get("decline_code") if isinstance(error, dict) else None


def _intent(found: stripe.PaymentIntent) -> Intent:
    error = found.last_payment_error
    return Intent(
        id=found.id,
        status=IntentStatus(found.status),
        amount=found.amount,
        currency=found.currency.upper(),
        received=found.amount_received or 0,
        decline=(getattr(error, "decline_code", None) or getattr(error, "code", None)) if error else None,
        action_url=_action_url(found),
    )


def _action_url(found: stripe.PaymentIntent) -> str | None:
    redirect = getattr(found.next_action, "redirect_to_url", None)
    return getattr(redirect, "url", None)


def _session(found: stripe.checkout.Session) -> Session:
    intent = found.payment_intent
    return Session(
        id=found.id,
        status=SessionStatus(found.status or "open"),
        amount=found.amount_total or 0,
        currency=(found.currency or "").upper(),
        url=found.url,
        expires_at=datetime.fromtimestamp(found.expires_at, UTC),
        intent=_intent(intent) if isinstance(intent, stripe.PaymentIntent) else None,
    )


def _returning(url: str, how: str) -> str:
    """With a hint for the shop's page: what counts is the order."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&payment={how}".lstrip("&")))


def _refund(found: stripe.Refund) -> ProviderRefund:
    metadata: dict[str, Any] = found.metadata.to_dict() if found.metadata else {}
    return ProviderRefund(
        state=REFUND_STATES.get(found.status or "", RefundState.REQUESTED),
        amount=found.amount,
        currency=found.currency.upper(),
        refund_id=metadata.get("refund_id"),
        attempt=metadata.get("attempt"),
        reason=getattr(found, "failure_reason", None),
    )


def _card(found: stripe.PaymentMethod) -> Card:
    card = found.card
    if card is None:
        raise Refused("not_a_card")
    return Card(
        provider_method_id=found.id,
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )
