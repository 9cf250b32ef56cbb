import pytest
from user_service.domain.passwords import PasswordRefused, of_good_length, refuse_guessable


def test_a_password_has_at_least_fifteen_characters() -> None:
    with pytest.raises(PasswordRefused, match="at least 15"):
        of_good_length("x" * 14)
    assert of_good_length("x" * 15) == "x" * 15


def test_a_password_has_at_most_128_characters() -> None:
    with pytest.raises(PasswordRefused, match="at most 128"):
        of_good_length("x" * 129)
    assert of_good_length("x" * 128) == "x" * 128


def test_characters_are_counted_after_normalisation() -> None:
    decomposed = "e\u0301" * 14
    with pytest.raises(PasswordRefused, match="at least 15"):
        of_good_length(decomposed)
    assert of_good_length(decomposed + "e\u0301") == "\u00e9" * 15


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaaaaaa",
        "password password",
        "passwordpassword1",
        "P@ssw0rd-P@ssw0rd",
        "abcabcabcabcabcabc",
        "123456789012345",
        "qwertyuiopasdfghjkl",
        "zyxwvutsrqponmlk",
        "correct horse battery staple",
        "Mercato-Password-2026!",
        "lovelace.ada.1815",
        "ada.lovelace@engine",
        "1qaz2wsx3edc4rfv",
    ],
)
def test_what_a_guesser_tries_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        refuse_guessable(password, email="ada.lovelace@engine.example", name="Ada Lovelace")
    assert refused.value.errors[0]["field"] == "password"


@pytest.mark.parametrize(
    "password",
    [
        "a walk in the deep forest",
        "correct horse battery staple 7 tramway",
        "Xk9#mQ2$vL7pRt4w",
        "日本語のとても長い秘密の合言葉です",
    ],
)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    refuse_guessable(password, email="ada.lovelace@engine.example", name="Ada Lovelace")


def test_a_long_password_is_checked_in_no_time() -> None:
    with pytest.raises(PasswordRefused):
        refuse_guessable("ab" * 64, email="a@example.com", name="A")
