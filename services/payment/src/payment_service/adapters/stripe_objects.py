"""From the objects of the Stripe SDK to ours."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from payment_service.adapters.stripe_sdk import stripe
from payment_service.domain.intent import Intent, IntentStatus
from payment_service.domain.refund import ProviderRefund, RefundState
from payment_service.domain.session import Session, SessionStatus
from payment_service.ports import Card, FoundIntent, Refused

REFUND_STATES = {
    "pending": RefundState.REQUESTED,
    "requires_action": RefundState.REQUESTED,
    "succeeded": RefundState.DONE,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


def found_intent(found: stripe.PaymentIntent) -> FoundIntent:
    return FoundIntent(intent_of(found), _payment_id(found.metadata.to_dict() if found.metadata else {}))


def _payment_id(metadata: dict[str, Any]) -> UUID | None:
    try:
        return UUID(metadata["payment_id"])
    except (KeyError, ValueError):
        return None


def intent_of(found: stripe.PaymentIntent) -> Intent:
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


def session_of(found: stripe.checkout.Session) -> Session:
    intent = found.payment_intent
    return Session(
        id=found.id,
        status=SessionStatus(found.status or "open"),
        amount=found.amount_total or 0,
        currency=(found.currency or "").upper(),
        url=found.url,
        expires_at=datetime.fromtimestamp(found.expires_at, UTC),
        intent=intent_of(intent) if isinstance(intent, stripe.PaymentIntent) else None,
    )


def returning(url: str, how: str) -> str:
    """With a hint for the shop's page: what counts is the order."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&payment={how}".lstrip("&")))


def refund_of(found: stripe.Refund) -> ProviderRefund:
    metadata: dict[str, Any] = found.metadata.to_dict() if found.metadata else {}
    return ProviderRefund(
        state=REFUND_STATES.get(found.status or "", RefundState.REQUESTED),
        amount=found.amount,
        currency=found.currency.upper(),
        refund_id=metadata.get("refund_id"),
        attempt=metadata.get("attempt"),
        reason=getattr(found, "failure_reason", None),
    )


def card_of(found: stripe.PaymentMethod) -> Card:
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
