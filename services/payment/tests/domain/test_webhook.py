"""Webhooks: which are genuine, which are events, which are news."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from payment_service.domain.commands import State
from payment_service.domain.webhook import PspEvent, WebhookRefused, is_news, parse, verify

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
BODY = b'{"id": "evt_1"}'
PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")


def mac(secret: str = "new", *, at: int = SECOND, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()


def check(signature: str, *, body: bytes = BODY) -> None:
    verify(body, signature, secrets=("new", "old"), now=NOW)


@pytest.mark.parametrize("secret", ["new", "old"])
def test_either_active_secret_will_do(secret: str) -> None:
    check(f"t={SECOND},v1={mac(secret)}")


def test_what_the_official_library_signs_is_accepted() -> None:
    signature = stripe.WebhookSignature._compute_signature(f"{SECOND}.{BODY.decode()}", "new")

    check(f"t={SECOND},v1={signature}")


def test_one_good_signature_among_others_is_enough() -> None:
    check(f"t={SECOND},v0=abc,v1={'0' * 64},v1={mac()}")


@pytest.mark.parametrize("shift", [-300, -299, 0, 299, 300])
def test_a_time_within_five_minutes_is_accepted(shift: int) -> None:
    check(f"t={SECOND + shift},v1={mac(at=SECOND + shift)}")


@pytest.mark.parametrize("shift", [-86400, -301, 301, 86400])
def test_a_time_further_away_is_refused_however_well_signed(shift: int) -> None:
    with pytest.raises(WebhookRefused):
        check(f"t={SECOND + shift},v1={mac(at=SECOND + shift)}")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        f"v1={mac()}",
        f"t={SECOND}",
        f"t={SECOND},v1=",
        f"t={SECOND},v0={mac()}",
        f"t={SECOND},v1={mac('another')}",
        f"t={SECOND},v1={mac(body=b'{}')}",
        f"t={SECOND},v1={mac()[:-1]}",
        f"t={SECOND},v1={mac().upper()}",
        f"t={SECOND - 1},v1={mac()}",
        f"t={SECOND},t={SECOND},v1={mac()}",
        f"t=-{SECOND},v1={mac()}",
        f"t=\u0661\u0662,v1={mac()}",
        f"t={'9' * 400},v1={mac()}",
        f"t={SECOND},v1=\u00e9\udcff",
        "," * 100_000,
    ],
)
def test_everything_else_is_forged(signature: str) -> None:
    with pytest.raises(WebhookRefused):
        check(signature)


@given(signature=st.text(max_size=200))
def test_no_text_is_more_than_refused(signature: str) -> None:
    with pytest.raises(WebhookRefused):
        check(signature)


def test_an_event_about_an_intent_is_read() -> None:
    about = {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": str(PAYMENT)}}

    found = parse(json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": about}}).encode())

    assert found == PspEvent("evt_1", "payment_intent.succeeded", "pi_1", PAYMENT, None)


def test_an_event_about_a_refund_names_its_intent() -> None:
    about = {"id": "re_1", "object": "refund", "payment_intent": "pi_1", "metadata": {"refund_id": str(PAYMENT)}}

    found = parse(json.dumps({"id": "evt_1", "type": "refund.failed", "data": {"object": about}}).encode())

    assert found == PspEvent("evt_1", "refund.failed", "pi_1", None, PAYMENT)


@pytest.mark.parametrize("intent", [None, "pi_1"])
def test_an_event_about_a_page_names_its_payment_and_its_intent_once_there_is_one(intent: str | None) -> None:
    about = {
        "id": "cs_1",
        "object": "checkout.session",
        "payment_intent": intent,
        "metadata": {"payment_id": str(PAYMENT)},
    }

    found = parse(json.dumps({"id": "evt_1", "type": "checkout.session.expired", "data": {"object": about}}).encode())

    assert found == PspEvent("evt_1", "checkout.session.expired", intent, PAYMENT, None)
    assert found.names_a_payment


@pytest.mark.parametrize("metadata", [None, {}, [], "text", {"payment_id": "not an id"}, {"payment_id": 5}])
def test_metadata_that_is_not_ours_is_no_fault(metadata: object) -> None:
    about = {"id": "cus_1", "object": "customer", "metadata": metadata}

    found = parse(json.dumps({"id": "evt_1", "type": "customer.created", "data": {"object": about}}).encode())

    assert (found.intent_id, found.payment_id) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b"{}",
        b'{"id": "evt_1", "type": "x", "data": {}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": []}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": "text"}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": null}}',
        b'{"id": 1, "type": "x", "data": {"object": {}}}',
        b'{"id": "", "type": "x", "data": {"object": {}}}',
        b'{"id": "evt\\u0000", "type": "x", "data": {"object": {}}}',
        b'{"id": "evt\\ud800", "type": "x", "data": {"object": {}}}',
        b'{"id": "evt_1", "data": {"object": {}}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": {"payment_intent": 7}}}',
        b'{"id": "' + b"e" * 256 + b'", "type": "x", "data": {"object": {}}}',
    ],
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        parse(body)


EARLY = {"CREATED", "AUTHORIZING", "REQUIRES_ACTION"}
NEWS: dict[str, set[str]] = {
    "payment_intent.created": set(),
    "payment_intent.requires_action": EARLY,
    "payment_intent.payment_failed": EARLY,
    "payment_intent.amount_capturable_updated": EARLY,
    "payment_intent.succeeded": EARLY | {"AUTHORIZED", "CAPTURING", "VOIDING", "VOIDED", "FAILED"},
    "payment_intent.canceled": EARLY | {"AUTHORIZED", "CAPTURING", "VOIDING", "CAPTURED"},
    "checkout.session.completed": EARLY,
    "checkout.session.expired": EARLY | {"AUTHORIZED", "CAPTURING", "VOIDING"},
    "charge.refunded": set(),
}


@pytest.mark.parametrize("event", NEWS)
def test_only_what_is_above_a_payments_rank_or_contradicts_its_end_is_news(event: str) -> None:
    assert {state.value for state in State if is_news(event, state)} == NEWS[event]
