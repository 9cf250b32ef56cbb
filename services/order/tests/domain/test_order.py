import re
from datetime import timedelta
from uuid import UUID

from chassis.world import World
from order_service.domain.order import number_of


def test_a_number_can_be_read_out_on_the_telephone() -> None:
    assert number_of(UUID(int=7)) == number_of(UUID(int=7))
    for _ in range(100):
        assert re.fullmatch(r"M-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", number_of(World().ids.uuid7()))


def test_numbers_of_neighbours_do_not_resemble_each_other() -> None:
    numbers = [number_of(UUID(int=n)) for n in range(1000)]

    assert len(set(numbers)) == 1000
    assert len({number[:6] for number in numbers}) > 990


def test_a_new_order_is_what_was_quoted(an_order) -> None:
    order = an_order()

    assert (order.subtotal, order.shipping, order.tax, order.discount, order.total) == (900, 490, 171 + 93, 0, 1654)
    assert (order.state, order.version, order.refunded, order.is_open) == ("PENDING", 1, 0, True)
    assert order.awaits == {"reserve_stock"}


def test_one_payment_and_one_refund_belong_to_an_order(an_order) -> None:
    order, other = an_order(), an_order()

    assert len({order.payment_id, order.cancel_refund_id, other.payment_id, other.cancel_refund_id}) == 4
    assert order.payment_id == order.payment_id


def test_an_order_is_overdue_from_the_moment_it_should_have_been_looked_at(an_order, clock) -> None:
    order = an_order()

    assert order.overdue(clock.now()) == timedelta()
    assert order.overdue(clock.now() + timedelta(seconds=65)) == timedelta(seconds=60)
