"""What may go back of an order. It has two pieces of tea for 4.50, 4.90 of shipping, 19 % of tax: 16.54 in all."""

from dataclasses import replace
from uuid import uuid4

import pytest
from order_service.domain.order import Shipment
from order_service.domain.refund import NotBought, NotShipped, Outcome, Piece, RefundTooMuch, RefundWish
from order_service.domain.refunding import NotRefundable, decide, share
from order_service.domain.states import State

TEA = "TEA-1"


@pytest.fixture
def sold(an_order, clock):
    """A shipped order, with what came back of it before."""

    def sold(*before, state: State = State.SHIPPED, **changes):
        parcel = None if state is State.CONFIRMED else Shipment("Post", "TR-1", clock.now())
        done = sum(each.amount for each in before if each.outcome is Outcome.DONE)
        return an_order(state, refunds=tuple(before), **{"refunded": done, "shipment": parcel, **changes})

    return sold


@pytest.fixture
def decided(clock):
    def decided(order, **wish):
        return decide(
            order,
            RefundWish(**wish),
            refund_id=uuid4(),
            by=uuid4(),
            key="a-key-of-this-refund",
            request_hash="f" * 64,
            now=clock.now(),
        )

    return decided


def test_without_an_amount_all_that_is_left_goes_back(sold, decided) -> None:
    first = replace(decided(sold(), amount=154), outcome=Outcome.DONE)

    assert decided(sold()).amount == 1654
    assert decided(sold(first)).amount == 1500


def test_an_amount_is_taken_as_it_is_up_to_what_is_left(sold, decided) -> None:
    assert decided(sold(refunded=654), amount=1000).amount == 1000
    for amount in (1001, 0, -1):
        with pytest.raises(RefundTooMuch) as refused:
            decided(sold(refunded=654), amount=amount)
        assert refused.value.left == 1000


def test_lines_go_back_with_their_tax(sold, decided) -> None:
    assert decided(sold(), lines=[Piece(TEA, 1)]).amount == 535  # 4.50 and 0.855 of tax, half to the even
    assert decided(sold(), lines=[Piece(TEA, 2)]).amount == 1071
    assert decided(sold(), lines=[Piece(TEA, 1), Piece(TEA, 1)]).amount == 1071


def test_lines_never_come_to_more_than_is_left(sold, decided) -> None:
    assert decided(sold(refunded=1154), lines=[Piece(TEA, 1)]).amount == 500


@pytest.mark.parametrize("lines", [[Piece(TEA, 3)], [Piece("CUP-2", 1)], [Piece(TEA, 2), Piece(TEA, 1)]])
def test_nobody_is_paid_for_what_was_not_bought(sold, decided, lines) -> None:
    with pytest.raises(NotBought) as refused:
        decided(sold(), lines=lines)
    assert refused.value.errors[0]["field"] == f"lines.{lines[0].sku}"
    with pytest.raises(NotBought):
        decided(sold(), restock=lines)


def test_goods_come_back_once(sold, decided) -> None:
    first = replace(decided(sold(), amount=100, restock=[Piece(TEA, 1)]), outcome=Outcome.DONE)

    assert decided(sold(first), restock=[Piece(TEA, 1)]).restock == (Piece(TEA, 1),)
    with pytest.raises(NotBought) as refused:
        decided(sold(first), restock=[Piece(TEA, 2)])
    assert refused.value.errors == [{"field": "restock.TEA-1", "message": "at most 1"}]


def test_goods_of_a_refund_that_failed_did_not_come_back(sold, decided) -> None:
    failed = replace(decided(sold(), restock=[Piece(TEA, 2)]), outcome=Outcome.FAILED)

    assert decided(sold(failed), restock=[Piece(TEA, 2)]).restock == (Piece(TEA, 2),)


def test_the_same_thing_twice_is_added_up(sold, decided) -> None:
    assert decided(sold(), restock=[Piece(TEA, 1), Piece(TEA, 1)]).restock == (Piece(TEA, 2),)


def test_goods_that_have_not_left_do_not_come_back(sold, decided) -> None:
    """A cancellation would bring them back a second time."""
    order = sold(state=State.CONFIRMED)

    with pytest.raises(NotShipped):
        decided(order, amount=100, restock=[Piece(TEA, 1)])
    assert decided(order, amount=100).restock == ()


@pytest.mark.parametrize("state", sorted(set(State) - {State.CONFIRMED, State.SHIPPED, State.DELIVERED}))
def test_only_what_is_paid_and_at_rest_can_be_refunded(sold, decided, state) -> None:
    refunds = [decided(sold(), amount=1)] if state is State.REFUNDING else []

    with pytest.raises(NotRefundable) as refused:
        decided(sold(*refunds, state=state), amount=1)

    assert refused.value.state is state


@pytest.mark.parametrize(
    ("whole", "part", "of", "is_"), [(10, 1, 4, 2), (10, 3, 4, 8), (11, 1, 3, 4), (7, 7, 7, 7), (5, 1, 2, 2)]
)
def test_a_share_is_rounded_to_the_even_neighbour(whole, part, of, is_) -> None:
    assert share(whole, part, of) == is_
