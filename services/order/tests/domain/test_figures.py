from datetime import UTC, datetime, timedelta

import pytest
from order_service.domain.figures import Period, PeriodNotAcceptable

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("length", [timedelta(), -HOUR, 31 * DAY + timedelta(microseconds=1)])
def test_a_period_is_at_most_a_month_and_not_empty(length) -> None:
    with pytest.raises(PeriodNotAcceptable) as refused:
        Period(NOON, NOON + length)

    assert [each["field"] for each in refused.value.errors] == ["to"]


def test_up_to_two_days_are_seen_by_the_hour_and_all_of_it_is_seen() -> None:
    period = Period(NOON + timedelta(minutes=30), NOON + timedelta(minutes=30) + 2 * DAY)

    assert period.step == "hour"
    assert period.slots() == [NOON + n * HOUR for n in range(49)]
    assert Period(NOON, NOON + 2 * HOUR).slots() == [NOON, NOON + HOUR]


def test_longer_ones_are_seen_by_the_day() -> None:
    period = Period(NOON, NOON + 31 * DAY)

    assert period.step == "day"
    assert period.slots() == [NOON.replace(hour=0) + n * DAY for n in range(32)]
    assert period.slot(NOON + 5 * HOUR) == NOON.replace(hour=0)
