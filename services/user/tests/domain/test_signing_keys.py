from datetime import UTC, datetime, timedelta

import pytest
from user_service.domain.signing_keys import KeyRefused, KeyRing, KeyState, TooEarly

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


def states(ring: KeyRing) -> dict[str, str]:
    return {each.kid: each.state.value for each in ring.keys}


def a_ring() -> KeyRing:
    """`old` signs, `new` is next since noon."""
    return KeyRing().publish("old", "old-private", at=NOON - QUARTER).publish("new", "new-private", at=NOON)


def test_the_first_key_signs_at_once_and_the_second_waits() -> None:
    assert states(a_ring()) == {"old": "signing", "new": "next"}


def test_there_is_one_next_key_at_most() -> None:
    with pytest.raises(KeyRefused):
        a_ring().publish("another", "x", at=NOON + QUARTER)


def test_a_key_signs_when_it_was_published_for_a_quarter_of_an_hour() -> None:
    with pytest.raises(TooEarly) as early:
        a_ring().promote("old-public", at=NOON + QUARTER - SECOND)

    assert early.value.at == NOON + QUARTER
    assert states(a_ring().promote("old-public", at=NOON + QUARTER)) == {"old": "retired", "new": "signing"}


def test_of_a_retired_key_the_private_half_is_forgotten_at_once() -> None:
    [old] = a_ring().promote("old-public", at=NOON + QUARTER).of(KeyState.RETIRED)

    assert old.pem == "old-public"


def test_without_a_next_key_nothing_is_promoted() -> None:
    with pytest.raises(KeyRefused, match="Publish one first"):
        KeyRing().publish("only", "x", at=NOON).promote("x", at=NOON + QUARTER)


def test_a_retired_key_is_published_for_a_quarter_of_an_hour_and_then_forgotten() -> None:
    promoted = NOON + QUARTER
    ring = a_ring().promote("old-public", at=promoted)
    [old] = ring.of(KeyState.RETIRED)

    assert old.published(at=promoted + QUARTER - SECOND)
    assert not old.published(at=promoted + QUARTER)
    with pytest.raises(TooEarly) as early:
        ring.retire(at=promoted + QUARTER - SECOND)
    assert early.value.at == promoted + QUARTER
    assert states(ring.retire(at=promoted + QUARTER)) == {"new": "signing"}


def test_without_a_retired_key_nothing_is_forgotten() -> None:
    with pytest.raises(KeyRefused, match="no retired key"):
        a_ring().retire(at=NOON + QUARTER)
