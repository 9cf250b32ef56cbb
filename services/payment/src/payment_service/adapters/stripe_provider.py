"""The payment provider by the official Stripe SDK. Nothing else in the service knows it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
from chassis import tracing
from chassis.logging import get_logger
from chassis.world import Clock

from payment_service.adapters.stripe_objects import card_of, found_intent, intent_of, refund_of, returning, session_of
from payment_service.adapters.stripe_sdk import Httpx2Client, stripe
from payment_service.domain.intent import Intent
from payment_service.domain.refund import ProviderRefund
from payment_service.domain.session import Session
from payment_service.log_events import EVENTS
from payment_service.ports import Card, Declined, FoundIntent, OutcomeUnknown, Refused, TryAgainLater

Called = Callable[[str, str, float], None]
"""Told of each call: operation, outcome, and how many seconds it took."""

MOST_AT_ONCE = 100
log = get_logger("payment.provider", EVENTS)


class StripeProvider:
    """Stripe, or what speaks like it at `base_url`. It never retries: that is the schedule's business."""

    def __init__(
        self,
        key: str,
        *,
        base_url: str,
        called: Called,
        clock: Clock,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = Httpx2Client(transport)
        self._client = stripe.StripeClient(
            key, base_addresses={"api": base_url.rstrip("/")}, max_network_retries=0, http_client=self._http
        ).v1
        self._called = called
        self._clock = clock

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
        return intent_of(await self._call("create", made))

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
                "success_url": returning(return_url, "done"),
                "cancel_url": returning(return_url, "closed"),
                "expires_at": int(expires_at.timestamp()),
                "expand": ["payment_intent"],
            },
            {"idempotency_key": key},
        )
        return session_of(await self._call("create_session", made))

    async def retrieve_session(self, session_id: str) -> Session:
        call = self._client.checkout.sessions.retrieve_async(session_id, {"expand": ["payment_intent"]})
        return session_of(await self._call("retrieve_session", call))

    async def expire_session(self, session_id: str, *, key: str) -> Session:
        call = self._client.checkout.sessions.expire_async(
            session_id, {"expand": ["payment_intent"]}, {"idempotency_key": key}
        )
        return session_of(await self._call("expire_session", call))

    async def confirm(self, intent_id: str, *, return_url: str | None, key: str) -> Intent:
        confirm, options = self._client.payment_intents.confirm_async, {"idempotency_key": key}
        if return_url is None:
            call = confirm(intent_id, {"off_session": True}, options)
        else:
            call = confirm(intent_id, {"return_url": return_url}, options)
        return intent_of(await self._call("confirm", call))

    async def retrieve(self, intent_id: str) -> Intent:
        return intent_of(await self._call("retrieve", self._client.payment_intents.retrieve_async(intent_id)))

    async def capture(self, intent_id: str, *, key: str) -> Intent:
        call = self._client.payment_intents.capture_async(intent_id, {}, {"idempotency_key": key})
        return intent_of(await self._call("capture", call))

    async def cancel(self, intent_id: str, *, key: str) -> Intent:
        call = self._client.payment_intents.cancel_async(intent_id, {}, {"idempotency_key": key})
        return intent_of(await self._call("cancel", call))

    async def refund(self, intent_id: str, *, amount: int, metadata: Mapping[str, str], key: str) -> ProviderRefund:
        call = self._client.refunds.create_async(
            {"payment_intent": intent_id, "amount": amount, "metadata": dict(metadata)}, {"idempotency_key": key}
        )
        return refund_of(await self._call("refund", call))

    async def find_refunds(self, intent_id: str) -> Sequence[ProviderRefund]:
        call = self._client.refunds.list_async({"payment_intent": intent_id, "limit": MOST_AT_ONCE})
        return [refund_of(each) for each in (await self._call("find_refunds", call)).data]

    async def list_intents(self, since: datetime | None) -> Sequence[FoundIntent]:
        async def page(after: str | None) -> stripe.ListObject[stripe.PaymentIntent]:
            asked: stripe.params.PaymentIntentListParams = {"limit": MOST_AT_ONCE}
            if since is not None:
                asked["created"] = {"gte": int(since.timestamp())}
            if after is not None:
                asked["starting_after"] = after
            return await self._client.payment_intents.list_async(asked)

        return [found_intent(each) for each in await self._all("list_intents", page)]

    async def list_refunds(self, since: datetime | None) -> Sequence[ProviderRefund]:
        async def page(after: str | None) -> stripe.ListObject[stripe.Refund]:
            asked: stripe.params.RefundListParams = {"limit": MOST_AT_ONCE}
            if since is not None:
                asked["created"] = {"gte": int(since.timestamp())}
            if after is not None:
                asked["starting_after"] = after
            return await self._client.refunds.list_async(asked)

        return [refund_of(each) for each in await self._all("list_refunds", page)]

    async def create_customer(self, user_id: UUID, *, key: str) -> str:
        call = self._client.customers.create_async({"metadata": {"user_id": str(user_id)}}, {"idempotency_key": key})
        return (await self._call("create_customer", call)).id

    async def attach(self, token: str, *, customer: str) -> Card:
        call = self._client.payment_methods.attach_async(token, {"customer": customer})
        return card_of(await self._call("attach", call))

    async def detach(self, provider_method_id: str) -> None:
        await self._call("detach", self._client.payment_methods.detach_async(provider_method_id))

    async def close(self) -> None:
        await self._http.close_async()

    async def _all[T: (stripe.PaymentIntent, stripe.Refund)](
        self, operation: str, page: Callable[[str | None], Awaitable[stripe.ListObject[T]]]
    ) -> list[T]:
        found: list[T] = []
        while True:
            got = await self._call(operation, page(found[-1].id if found else None))
            found += got.data
            if not got.has_more or not got.data:
                return found

    async def _call[T](self, operation: str, call: Awaitable[T]) -> T:
        began = self._clock.monotonic()
        try:
            with tracing.step(f"provider {operation}", peer_service="provider"):
                answer = await call
        except stripe.StripeError as error:
            fault = _fault(error)
            self._called(operation, type(fault).__name__, self._clock.monotonic() - began)
            if error.http_status in (401, 403):
                log.error("provider.refuses_our_key", operation=operation)
            raise fault from error
        self._called(operation, "ok", self._clock.monotonic() - began)
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
