"""Cookies that only we can read and write."""

from datetime import timedelta

import pytest
from storefront.sealing import Seal, TooMuch

LONG = timedelta(days=90)
OLD, NEW = "the secret that was in use before this one", "the secret that is in use now and hereafter"


def test_what_was_sealed_is_read_again_and_by_nobody_else() -> None:
    sealed = Seal(NEW).close({"refresh": "a secret of the visitor"})

    assert Seal(NEW).open(sealed, within=LONG) == {"refresh": "a secret of the visitor"}
    assert Seal(OLD).open(sealed, within=LONG) is None
    assert "secret" not in sealed


def test_a_change_of_one_letter_makes_it_nothing() -> None:
    sealed = Seal(NEW).close({"roles": ["customer"]})

    for at in range(len(sealed)):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        # The last letter of base64 has bits that mean nothing: what opens then says what it said.
        assert Seal(NEW).open(changed, within=LONG) in (None, {"roles": ["customer"]})
        assert at > len(sealed) - 4 or Seal(NEW).open(changed, within=LONG) is None


@pytest.mark.parametrize(
    "sent", [None, "", "x", "gAAAAA", "café", "A" * 5_000, "%00", "{}"], ids=lambda sent: repr(sent)[:12]
)
def test_anything_else_that_a_browser_sends_is_nothing(sent) -> None:
    assert Seal(NEW).open(sent, within=LONG) is None


def test_what_the_last_secret_sealed_opens_while_that_is_kept() -> None:
    sealed = Seal(OLD).close({"id": "cart"})

    assert Seal(NEW, OLD).open(sealed, within=LONG) == {"id": "cart"}
    assert Seal(OLD).open(Seal(NEW, OLD).close({"id": "cart"}), within=LONG) is None


def test_what_was_sealed_too_long_ago_is_nothing() -> None:
    sealed = Seal(NEW).close({"id": "cart"})

    assert Seal(NEW).open(sealed, within=timedelta(seconds=-1)) is None


def test_what_no_browser_would_keep_is_not_sealed() -> None:
    with pytest.raises(TooMuch):
        Seal(NEW).close({"name": "".join(chr(0x4E00 + each * 7 % 20_000) for each in range(3_000))})
