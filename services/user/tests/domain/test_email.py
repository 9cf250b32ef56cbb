import pytest
from user_service.domain.email import InvalidEmail, normalise_email


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada+shop@example.com", "ada+shop@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@shop.test", "ada@shop.test"),
    ],
)
def test_an_address_has_one_form(raw: str, stored: str) -> None:
    assert normalise_email(raw) == stored


@pytest.mark.parametrize(
    "raw",
    ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@localhost", "ada@example.com\r\nBcc: x", "ü@x.de"],
)
def test_what_is_no_address_is_refused(raw: str) -> None:
    with pytest.raises(InvalidEmail):
        normalise_email(raw)


def test_an_address_has_at_most_254_characters() -> None:
    with pytest.raises(InvalidEmail):
        normalise_email("a" * 250 + "@example.com")
