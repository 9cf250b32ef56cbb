"""Records as the objects of the Stripe API."""

from simulators.psp.cards import CARDS
from simulators.psp.records import Charge, Customer, Event, Intent, Json, PaymentMethod, Refund

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
        "next_action": None,
        "payment_method": record.payment_method,
        "payment_method_types": ["card"],
        "status": record.status,
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
