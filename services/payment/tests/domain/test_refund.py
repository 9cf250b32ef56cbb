"""Refunds: never more than was taken, never twice under another key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payment_service.domain.refund import ProviderRefund, Refund, RefundRefused, RefundState, refuse_too_much

ID = UUID("0190a000-0000-7000-8000-0000000000bb")
PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_refund(**others) -> Refund:
    return Refund(**{"id": ID, "payment_id": PAYMENT, "amount": 100, **others})


def the_providers(state: RefundState, **others) -> ProviderRefund:
    return ProviderRefund(
        **{"state": state, "amount": 100, "currency": "EUR", "refund_id": str(ID), "attempt": "0", **others}
    )


FATES = st.sampled_from([RefundState.REQUESTED, RefundState.DONE, RefundState.FAILED])
WISHES = st.lists(st.tuples(st.integers(-5, 400), FATES), max_size=12)


@given(captured=st.integers(0, 1000), wishes=WISHES)
def test_what_is_asked_and_done_never_exceeds_what_was_captured(captured: int, wishes: list) -> None:
    kept: list[Refund] = []

    for amount, fate in wishes:
        refund = Refund(id=uuid4(), payment_id=PAYMENT, amount=amount)
        left = captured - counted(kept)
        if 0 < amount <= left:
            refuse_too_much(refund, kept, captured=captured)
            kept.append(replace(refund, state=fate))
        else:
            with pytest.raises(RefundRefused) as refused:
                refuse_too_much(refund, kept, captured=captured)
            assert (refused.value.asked, refused.value.left) == (amount, left)

    assert counted(kept) <= captured


def counted(refunds: list[Refund]) -> int:
    return sum(each.amount for each in refunds if each.state in {RefundState.REQUESTED, RefundState.DONE})


@given(others=st.integers(0, 150), own=st.integers(1, 150))
def test_a_failed_refund_is_asked_again_only_while_its_amount_is_still_there(others: int, own: int) -> None:
    failed = a_refund(amount=own, state=RefundState.FAILED)
    kept = [failed, a_refund(id=uuid4(), amount=others)]

    if own + others <= 150:
        refuse_too_much(failed.again(), kept, captured=150)
    else:
        with pytest.raises(RefundRefused):
            refuse_too_much(failed.again(), kept, captured=150)


def test_an_unknown_refund_keeps_its_key_and_a_failed_one_takes_the_next() -> None:
    refund = a_refund()

    assert refund.outcome_unknown(replayed=False).key == f"{ID}:0"
    assert refund.outcome_unknown(replayed=True).key == f"{ID}:0"
    assert refund.refused("no").key == f"{ID}:0"
    assert refund.refused("no").not_found().again().key == f"{ID}:1"


@pytest.mark.parametrize(("hours", "look"), [(0, False), (19.9, False), (20.1, True), (30, True)])
def test_a_key_that_the_provider_may_have_forgotten_is_looked_up_first(hours: float, look: bool) -> None:
    refund = a_refund(first_sent_at=NOW, claimed_at=NOW + timedelta(hours=hours))

    assert refund.must_look is look


def test_a_replayed_failure_is_looked_up_because_it_tells_nothing() -> None:
    assert a_refund().outcome_unknown(replayed=True).must_look
    assert not a_refund().outcome_unknown(replayed=False).must_look


def test_what_was_not_found_is_sent_afresh_unless_it_was_refused() -> None:
    looked = a_refund(look=True, first_sent_at=NOW, tries=3)

    afresh, failed = looked.not_found(), replace(looked, reason="disputed").not_found()

    assert (afresh.state, afresh.look, afresh.first_sent_at) == (RefundState.REQUESTED, False, None)
    assert (failed.state, failed.reason) == (RefundState.FAILED, "disputed")


def test_a_pending_refund_is_looked_at_and_never_sent_again() -> None:
    pending = a_refund().answered(the_providers(RefundState.REQUESTED))

    assert (pending.state, pending.must_look) == (RefundState.REQUESTED, True)


@pytest.mark.parametrize(
    ("others", "same"),
    [({}, True), ({"refund_id": str(uuid4())}, False), ({"attempt": "1"}, False), ({"refund_id": None}, False)],
)
def test_only_the_refund_of_this_id_and_attempt_is_ours(others: dict, same: bool) -> None:
    assert a_refund().is_this(the_providers(RefundState.DONE, **others)) is same


def test_a_refund_that_failed_says_why() -> None:
    assert a_refund().answered(the_providers(RefundState.FAILED, reason="lost_card")).reason == "lost_card"
    assert a_refund().answered(the_providers(RefundState.FAILED)).reason == "refund_failed"
