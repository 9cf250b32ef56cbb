"""Carts as MongoDB documents; a change is one write on the version that was seen."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from chassis.documents import Document, Documents, translated
from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from order_service.domain.cart import Cart, CartLine


class CartDocuments:
    def __init__(self, documents: Documents) -> None:
        self._carts = documents.database.carts

    async def add(self, cart: Cart) -> bool:
        with translated():
            try:
                await self._carts.insert_one({"_id": cart.id, **_from_cart(cart)})
            except DuplicateKeyError:
                return False
        return True

    async def get(self, cart_id: UUID, *, owner: UUID | None) -> Cart | None:
        with translated():
            found = await self._carts.find_one({"_id": cart_id, "user_id": {"$in": [None, owner]}})
        return _to_cart(found) if found is not None else None

    async def latest(self, owner: UUID, *, limit: int) -> Sequence[Cart]:
        with translated():
            found = self._carts.find({"user_id": owner}).sort("created_at", DESCENDING).limit(limit)
            return [_to_cart(each) async for each in found]

    async def save(self, cart: Cart, *, seen: int) -> bool:
        with translated():
            written = await self._carts.update_one({"_id": cart.id, "version": seen}, {"$set": _from_cart(cart)})
        return written.modified_count == 1


def _from_cart(cart: Cart) -> Document:
    return {
        "user_id": cart.user_id,
        "currency": cart.currency,
        "lines": [asdict(line) for line in cart.lines],
        "version": cart.version,
        "created_at": cart.created_at,
        "merged": list(cart.merged),
        "merged_into": cart.merged_into,
    }


def _to_cart(found: Document) -> Cart:
    return Cart(
        id=found["_id"],
        user_id=found["user_id"],
        currency=found["currency"],
        lines=tuple(CartLine(**line) for line in found["lines"]),
        version=found["version"],
        created_at=found["created_at"],
        merged=tuple(found["merged"]),
        merged_into=found["merged_into"],
    )
