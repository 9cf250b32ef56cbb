from dataclasses import replace
from uuid import UUID

import pytest
from user_service.domain.address import (
    MOST,
    Address,
    AddressBook,
    AddressBookFull,
    AddressNotFound,
    CardNumberInAddress,
)

HOME = Address("Ada", "Example Street 1", None, "Berlin", "10115", "DE", None)
FIRST, SECOND, THIRD = (UUID(int=n) for n in (1, 2, 3))


def a_book() -> AddressBook:
    """Two addresses, of which the first is the default."""
    return AddressBook().add(FIRST, HOME, default=False).add(SECOND, HOME, default=False)


def defaults(book: AddressBook) -> list[UUID]:
    return [each.id for each in book.entries if each.default]


def test_the_first_address_is_the_default_and_stays_it() -> None:
    assert defaults(a_book()) == [FIRST]


def test_a_new_default_takes_the_place_of_the_old_one() -> None:
    assert defaults(a_book().add(THIRD, HOME, default=True)) == [THIRD]
    assert defaults(a_book().change(SECOND, HOME, default=True)) == [SECOND]


def test_a_default_that_is_written_anew_stays_the_default() -> None:
    moved = a_book().change(FIRST, replace(HOME, city="Potsdam"), default=False)

    assert defaults(moved) == [FIRST]
    assert moved.find(FIRST).address.city == "Potsdam"
    assert moved.find(SECOND).address == HOME


def test_the_oldest_that_is_left_becomes_the_default() -> None:
    three = a_book().add(THIRD, HOME, default=True)

    assert defaults(three.remove(THIRD)) == [FIRST]
    assert defaults(three.remove(FIRST)) == [THIRD]
    assert a_book().remove(FIRST).remove(SECOND) == AddressBook()


def test_twenty_addresses_fill_a_book() -> None:
    book = AddressBook()
    for n in range(MOST):
        book = book.add(UUID(int=n), HOME, default=False)

    with pytest.raises(AddressBookFull):
        book.add(UUID(int=MOST), HOME, default=False)
    assert len(book.remove(FIRST).add(UUID(int=MOST), HOME, default=False).entries) == MOST


def test_an_address_that_is_not_in_the_book_is_not_found() -> None:
    for ask in (AddressBook.find, AddressBook.remove):
        with pytest.raises(AddressNotFound):
            ask(a_book(), THIRD)
    with pytest.raises(AddressNotFound):
        a_book().change(THIRD, HOME, default=True)


@pytest.mark.parametrize("field", ["name", "line1", "line2", "city", "postal_code", "phone"])
@pytest.mark.parametrize("text", ["4242424242424242", "no. 7 4242 4242 4242 4242", "3782 822463 10005"])
def test_what_looks_like_a_card_number_is_not_kept(field, text) -> None:
    with pytest.raises(CardNumberInAddress) as refused:
        a_book().add(THIRD, replace(HOME, **{field: text}), default=False)

    assert refused.value.errors[0]["field"] == field
    with pytest.raises(CardNumberInAddress):
        a_book().change(FIRST, replace(HOME, **{field: text}), default=False)


@pytest.mark.parametrize("text", ["4242424242424241", "4006381333931", "1234567890123", "Flat 424242"])
def test_other_long_numbers_are_kept(text) -> None:
    assert a_book().add(THIRD, replace(HOME, line2=text), default=False).find(THIRD).address.line2 == text
