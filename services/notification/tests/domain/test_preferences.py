"""Who is told what, and how, before and after somebody has had a say in it."""

import pytest
from notification_service.domain.preferences import EMAIL, SMS, MustBeMailed, Preferences, Wish

NOBODY_ASKED = Preferences({})


@pytest.mark.parametrize(
    ("kind", "email", "sms"),
    [
        ("order_confirmed", True, False),
        ("order_cancelled", True, False),
        ("order_shipped", True, True),
        ("order_refunded", True, False),
        ("security_alert", True, True),
        ("verify_email", True, False),
    ],
)
def test_what_is_usual(kind: str, email: bool, sms: bool) -> None:
    assert (NOBODY_ASKED.wants(kind, EMAIL), NOBODY_ASKED.wants(kind, SMS)) == (email, sms)


def test_what_was_chosen_holds_and_the_rest_is_as_usual() -> None:
    chosen = Preferences({"order_shipped": Wish(email=False, sms=False)})

    assert not chosen.wants("order_shipped", EMAIL)
    assert not chosen.wants("order_shipped", SMS)
    assert chosen.wants("security_alert", SMS)


@pytest.mark.parametrize(
    "kind", ["order_confirmed", "order_cancelled", "order_refunded", "security_alert", "reset_password"]
)
def test_mails_about_money_and_safety_cannot_be_switched_off(kind: str) -> None:
    with pytest.raises(MustBeMailed) as refused:
        Preferences({kind: Wish(email=False, sms=False)})

    assert refused.value.kinds == [kind]
