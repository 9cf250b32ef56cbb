from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from user_service.domain.session import Fate, Presented, RefreshToken, Session, digest, successor

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
FAMILY = UUID(int=7)


def presented(
    *, used: timedelta | None = None, successor_used: bool = False, started: timedelta = timedelta()
) -> Presented:
    """A token that was used `used` ago, of a session that started `started` ago."""
    at = NOW - started
    session = Session.start(id_=FAMILY, user_id=UUID(int=1), device="", at=at)
    token = RefreshToken(
        digest=digest("token"),
        family=FAMILY,
        generation=0,
        parent=None,
        issued_at=at,
        used_at=NOW - used if used is not None else None,
    )
    return Presented(session, token, successor_used)


def test_a_fresh_token_rotates() -> None:
    assert presented().fate(at=NOW) is Fate.ROTATE


def test_a_token_used_within_a_minute_gets_the_same_answer() -> None:
    assert presented(used=timedelta(seconds=60)).fate(at=NOW) is Fate.REPEAT


def test_a_token_used_longer_ago_ends_the_family_without_alarm() -> None:
    assert presented(used=timedelta(seconds=61)).fate(at=NOW) is Fate.STALE


def test_a_token_whose_successor_was_used_means_theft_however_young_it_is() -> None:
    assert presented(used=timedelta(seconds=1), successor_used=True).fate(at=NOW) is Fate.THEFT


def test_fourteen_idle_days_end_a_session() -> None:
    assert presented(started=timedelta(days=14, seconds=-1)).fate(at=NOW) is Fate.ROTATE
    assert presented(started=timedelta(days=14)).fate(at=NOW) is Fate.ENDED


def test_ninety_days_end_a_session_however_busy_it_is() -> None:
    session = Session.start(id_=FAMILY, user_id=UUID(int=1), device="", at=NOW - timedelta(days=90)).used(at=NOW)
    assert session.live(at=NOW - timedelta(seconds=1))
    assert not session.live(at=NOW)


def test_a_successor_depends_on_key_family_generation_and_token() -> None:
    first = successor(b"key", family=FAMILY, generation=1, token="t")
    assert first == successor(b"key", family=FAMILY, generation=1, token="t")
    assert len(first) == 43
    others = {
        successor(b"kez", family=FAMILY, generation=1, token="t"),
        successor(b"key", family=UUID(int=8), generation=1, token="t"),
        successor(b"key", family=FAMILY, generation=2, token="t"),
        successor(b"key", family=FAMILY, generation=1, token="u"),
    }
    assert len(others | {first}) == 5


def test_a_session_was_last_used_when_its_idle_time_began() -> None:
    session = Session.start(id_=FAMILY, user_id=UUID(int=1), device="", at=NOW)

    assert session.last_used_at == NOW
    assert session.used(at=NOW + timedelta(hours=1)).last_used_at == NOW + timedelta(hours=1)


def test_a_session_that_has_had_its_tokens_of_this_minute_waits_until_the_first_of_them_is_a_minute_old() -> None:
    asked = replace(presented(), earlier=NOW - timedelta(seconds=59))

    assert asked.wait(at=NOW) == 1
    assert asked.wait(at=NOW + timedelta(seconds=1)) == 0
    assert presented().wait(at=NOW) == 0


def test_asking_for_the_same_answer_again_never_waits() -> None:
    assert replace(presented(used=timedelta(seconds=1)), earlier=NOW).wait(at=NOW) == 0
