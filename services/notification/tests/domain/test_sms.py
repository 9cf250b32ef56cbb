"""Where text messages may go, and what they are paid for as."""

import pytest
from notification_service.domain.sms import SmsLimits, segments

LIMITS = SmsLimits(prefixes=("+49", "+43"), per_person_a_day=5, price_of_segment=9, spent_a_day=5000)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("🦩" * 35, 1),
        ("🦩" * 36, 2),
    ],
)
def test_a_text_is_paid_for_by_its_segments(text: str, count: int) -> None:
    assert segments(text) == count
    assert LIMITS.cost(text) == count * 9


@pytest.mark.parametrize("number", ["+491711234567", "+4366412345678"])
def test_numbers_of_countries_on_the_list_are_written_to(number: str) -> None:
    assert LIMITS.allow(number)


@pytest.mark.parametrize(
    "number", ["+18765550123", "+4", "491711234567", "+49171 1234567", "+49" + "1" * 14, "+49\n1711234", ""]
)
def test_all_others_are_not(number: str) -> None:
    assert not LIMITS.allow(number)
