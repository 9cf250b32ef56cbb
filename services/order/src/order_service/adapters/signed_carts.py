"""Ids of carts as clients see them: nobody can guess one, and a forged one never reaches the store."""

import hashlib
import hmac
from uuid import UUID

from order_service.domain.cart import CartNotFound


class CartIds:
    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, cart_id: UUID) -> str:
        return f"{cart_id.hex}.{self._signature(cart_id)}"

    def read(self, signed: str) -> UUID:
        """Raises CartNotFound."""
        name, _, signature = signed.partition(".")
        try:
            cart_id = UUID(hex=name)
        except ValueError:
            raise CartNotFound from None
        if not hmac.compare_digest(self._signature(cart_id).encode(), signature.encode()):
            raise CartNotFound
        return cart_id

    def _signature(self, cart_id: UUID) -> str:
        return hmac.new(self._secret, b"cart:" + cart_id.bytes, hashlib.sha256).hexdigest()[:32]
