from datetime import UTC, datetime
from uuid import UUID

from user_service.domain.user import User

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ADA = User(id=UUID(int=1), email="ada@example.com", name="Ada", locale="en", created_at=NOW, phone="+4930123456")


def test_what_is_left_out_of_a_profile_stays() -> None:
    changed = ADA.with_profile(name="Ada L.", locale=None, phone=None, forget_phone=False)

    assert (changed.name, changed.locale, changed.phone, changed.version) == ("Ada L.", "en", "+4930123456", 2)


def test_a_telephone_number_is_changed_and_taken_away() -> None:
    assert ADA.with_profile(name=None, locale=None, phone="+15550100", forget_phone=False).phone == "+15550100"
    assert ADA.with_profile(name=None, locale=None, phone=None, forget_phone=True).phone is None


def test_the_same_profile_again_is_no_new_state() -> None:
    assert ADA.with_profile(name="Ada", locale="en", phone="+4930123456", forget_phone=False) is ADA


def test_a_closed_account_is_opened_again_as_it_was() -> None:
    closed = ADA.disable(reason="as asked", at=NOW)

    assert (closed.disabled, closed.disabled_at, closed.disabled_reason, closed.version) == (True, NOW, "as asked", 2)
    assert (closed.enable().disabled, closed.enable().disabled_reason, closed.enable().version) == (False, None, 3)
