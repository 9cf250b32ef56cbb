from uuid import UUID, uuid4

import pytest
from order_service.adapters.signed_carts import CartIds
from order_service.domain.cart import CartNotFound

IDS = CartIds("s" * 32)


def test_a_signed_id_is_read_back() -> None:
    cart = uuid4()

    assert IDS.read(IDS.sign(cart)) == cart
    assert len(IDS.sign(cart)) <= 100


def test_another_secret_signs_otherwise() -> None:
    with pytest.raises(CartNotFound):
        IDS.read(CartIds("t" * 32).sign(UUID(int=7)))


@pytest.mark.parametrize("signed", ["", ".", "x", "7", f"{UUID(int=7)}", f"{UUID(int=7).hex}.", f"{UUID(int=7).hex}.ü"])
def test_what_we_did_not_sign_is_no_cart(signed: str) -> None:
    with pytest.raises(CartNotFound):
        IDS.read(signed)


def test_every_changed_letter_is_noticed() -> None:
    signed = IDS.sign(UUID(int=7))

    for place in range(len(signed)):
        forged = signed[:place] + ("0" if signed[place] != "0" else "1") + signed[place + 1 :]
        with pytest.raises(CartNotFound):
            IDS.read(forged)
