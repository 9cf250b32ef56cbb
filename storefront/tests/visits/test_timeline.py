"""An order's life, put together from what each service tells."""

from typing import Any

from storefront.timeline import Told, moments

PLACED = "2026-11-29T10:00:00Z"
ORDER: dict[str, Any] = {
    "placed_at": PLACED,
    "transitions": [
        {"version": 1, "before": None, "after": "PENDING", "trigger": "placed", "at": PLACED},
        {
            "version": 2,
            "before": "PENDING",
            "after": "RESERVED",
            "trigger": "StockReserved",
            "at": "2026-11-29T10:00:00.020Z",
        },
    ],
}
MESSAGE = {"name": "ReserveStock", "written_at": PLACED, "first_sent_at": "2026-11-29T10:00:00.005Z"}


def test_a_command_stands_between_the_wish_and_its_reply() -> None:
    told = moments(Told(ORDER, [MESSAGE]))

    assert [(each.from_, each.to, each.what) for each in told] == [
        ("people", "order", "placed: PENDING"),
        ("order", "product", "ReserveStock"),
        ("product", "order", "StockReserved: PENDING to RESERVED"),
    ]
    assert [each.milliseconds for each in told] == [0, 5, 20]


def test_a_message_that_has_not_left_says_so() -> None:
    waiting = {**MESSAGE, "name": "AuthorizePayment", "first_sent_at": None}

    [found] = [each for each in moments(Told(ORDER, [waiting])) if each.from_ == "order"]

    assert (found.to, found.what) == ("payment", "AuthorizePayment, not sent yet")


def test_without_the_other_services_the_orders_own_part_is_still_told() -> None:
    assert len(moments(Told(ORDER))) == 2
