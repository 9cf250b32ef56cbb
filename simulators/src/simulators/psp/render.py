"""Records as the objects of the Stripe API."""

from simulators.psp.cards import CARDS
from simulators.psp.records import Charge, Customer, Event, Intent, Json, PaymentMethod, Refund, Session

API_VERSION = "2026-10-28.endive"


def customer(record: Customer) -> Json:
    return {
        "id": record.id,
        "object": "customer",
        "created": record.created,
        "description": record.description,
        "email": record.email,
        "livemode": False,
        "metadata": dict(record.metadata),
        "name": record.name,
    }


def payment_method(record: PaymentMethod) -> Json:
    card = CARDS[record.token]
    return {
        "id": record.id,
        "object": "payment_method",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "card": {
            "brand": card.brand,
            "country": "US",
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "funding": "credit",
            "last4": card.last4,
        },
        "created": record.created,
        "customer": record.customer,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def intent(record: Intent) -> Json:
    return {
        "id": record.id,
        "object": "payment_intent",
        "amount": record.amount,
        "amount_capturable": record.amount_capturable,
        "amount_received": record.amount_received,
        "canceled_at": record.canceled_at,
        "cancellation_reason": record.cancellation_reason,
        "capture_method": record.capture_method,
        "client_secret": record.client_secret,
        "confirmation_method": "automatic",
        "created": record.created,
        "currency": record.currency,
        "customer": record.customer,
        "description": record.description,
        "last_payment_error": record.last_payment_error,
        "latest_charge": record.latest_charge,
        "livemode": False,
        "metadata": dict(record.metadata),
        "next_action": _next_action(record),
        "payment_method": record.payment_method,
        "payment_method_types": ["card"],
        "status": record.status,
    }


def _next_action(record: Intent) -> Json | None:
    if record.status != "requires_action":
        return None
    if record.return_url is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": record.return_url, "url": record.act_url}}


def session(record: Session, url: str, of: Intent | None) -> Json:
    """`url` is where its page is; shown as long as that is open."""
    return {
        "id": record.id,
        "object": "checkout.session",
        "amount_subtotal": record.amount,
        "amount_total": record.amount,
        "cancel_url": record.cancel_url,
        "client_reference_id": record.client_reference_id,
        "created": record.created,
        "currency": record.currency,
        "customer": record.customer,
        "expires_at": record.expires_at,
        "livemode": False,
        "metadata": dict(record.metadata),
        "mode": "payment",
        "payment_intent": record.intent,
        "payment_method_types": ["card"],
        # As with the real one: what waits for its capture is not paid yet, although the customer has done everything.
        "payment_status": "paid" if of is not None and of.status == "succeeded" else "unpaid",
        "status": record.status,
        "success_url": record.success_url,
        "ui_mode": "hosted",
        "url": url if record.status == "open" else None,
    }


def charge(record: Charge, of: Intent) -> Json:
    return {
        "id": record.id,
        "object": "charge",
        "amount": record.amount,
        "amount_captured": record.amount_captured,
        "amount_refunded": record.amount_refunded,
        "captured": record.amount_captured > 0,
        "created": record.created,
        "currency": record.currency,
        "customer": of.customer,
        "failure_code": record.failure_code,
        "failure_message": record.failure_message,
        "livemode": False,
        "metadata": dict(of.metadata),
        "paid": record.paid,
        "payment_intent": record.intent,
        "payment_method": record.payment_method,
        "refunded": record.paid and record.amount_refunded == record.amount_captured > 0,
        "status": "succeeded" if record.paid else "failed",
    }


def refund(record: Refund) -> Json:
    return {
        "id": record.id,
        "object": "refund",
        "amount": record.amount,
        "charge": record.charge,
        "created": record.created,
        "currency": record.currency,
        "failure_reason": record.failure_reason,
        "metadata": dict(record.metadata),
        "payment_intent": record.intent,
        "reason": record.reason,
        "status": record.status,
    }


def event(record: Event) -> Json:
    return {
        "id": record.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": record.created,
        "data": {"object": record.object},
        "livemode": False,
        "pending_webhooks": record.pending_webhooks,
        "request": {"id": record.request_id, "idempotency_key": record.idempotency_key},
        "type": record.type,
    }
