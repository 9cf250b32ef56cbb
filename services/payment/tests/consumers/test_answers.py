"""What each command is answered, whatever state the payment is in: on the twin, which keeps the same contract."""

from uuid import UUID, uuid4

import pytest
from chassis.broker import Verdict
from contracts.payment import AuthorizePayment, CapturePayment, RefundPayment, VoidPayment
from payment_service.domain.commands import State

ABOUT = {
    "order_id": UUID("0190a000-0000-7000-8000-00000000000f"),
    "payment_id": UUID("0190a000-0000-7000-8000-0000000000aa"),
}
COMMANDS = {
    "authorize": AuthorizePayment(**ABOUT, user_id=uuid4(), method_id=uuid4(), amount=3558, currency="EUR"),
    "capture": CapturePayment(**ABOUT),
    "void": VoidPayment(**ABOUT),
    "refund": RefundPayment(**ABOUT, refund_id=uuid4()),
}
ANSWERS = {
    ("CREATED", "authorize"): ([], "CREATED"),
    ("CREATED", "capture"): ([], "CREATED"),
    ("CREATED", "void"): ([], "CREATED"),
    ("CREATED", "refund"): ([], "CREATED"),
    ("AUTHORIZING", "authorize"): ([], "AUTHORIZING"),
    ("AUTHORIZING", "capture"): ([], "AUTHORIZING"),
    ("AUTHORIZING", "void"): ([], "AUTHORIZING"),
    ("AUTHORIZING", "refund"): ([], "AUTHORIZING"),
    ("VOIDING", "authorize"): ([], "VOIDING"),
    ("VOIDING", "capture"): ([], "VOIDING"),
    ("VOIDING", "void"): ([], "VOIDING"),
    ("VOIDING", "refund"): ([], "VOIDING"),
    ("AUTHORIZED", "authorize"): (["PaymentAuthorized"], "AUTHORIZED"),
    ("AUTHORIZED", "capture"): ([], "CAPTURING"),
    ("AUTHORIZED", "void"): ([], "VOIDING"),
    ("AUTHORIZED", "refund"): ([], "AUTHORIZED"),
    ("CAPTURING", "authorize"): (["PaymentAuthorized"], "CAPTURING"),
    ("CAPTURING", "capture"): ([], "CAPTURING"),
    ("CAPTURING", "void"): ([], "CAPTURING"),
    ("CAPTURING", "refund"): ([], "CAPTURING"),
    ("CAPTURED", "authorize"): (["PaymentAuthorized"], "CAPTURED"),
    ("CAPTURED", "capture"): (["PaymentCaptured"], "CAPTURED"),
    ("CAPTURED", "void"): (["PaymentCaptured"], "CAPTURED"),
    ("CAPTURED", "refund"): ([], "CAPTURED"),
    ("VOIDED", "authorize"): (["PaymentVoided"], "VOIDED"),
    ("VOIDED", "capture"): (["PaymentCaptureFailed"], "VOIDED"),
    ("VOIDED", "void"): (["PaymentVoided"], "VOIDED"),
    ("VOIDED", "refund"): ([], "VOIDED"),
    ("FAILED", "authorize"): (["PaymentDeclined"], "FAILED"),
    ("FAILED", "capture"): (["PaymentCaptureFailed"], "FAILED"),
    ("FAILED", "void"): (["PaymentVoided"], "FAILED"),
    ("FAILED", "refund"): ([], "FAILED"),
}


@pytest.fixture
def ground(memory_ground):
    return memory_ground


@pytest.mark.parametrize(("state", "command"), ANSWERS)
async def test_a_command_is_answered_from_the_row_and_each_time_anew(shop, hear, given, wire, state, command) -> None:
    messages, then = ANSWERS[state, command]
    await given(State(state))

    assert await hear(COMMANDS[command]) is Verdict.DONE
    assert await shop.said() == messages
    assert await shop.state() == then

    assert await hear(COMMANDS[command]) is Verdict.DONE
    assert await shop.said() == messages * 2
    assert await shop.state() == then
    assert len({each.id for each in await shop.ground.announced()}) == len(messages) * 2
    assert wire.requests == []
