"""Address books as PostgreSQL rows, in the transaction of one connection."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from chassis.statements import Connection, Row
from sqlalchemy import text

from user_service.domain.address import Address, AddressBook, Entry

# Ids sort by their time of birth.
BOOK = text(
    "SELECT id, name, line1, line2, city, postal_code, country, phone, is_default FROM addresses"
    " WHERE user_id = :user_id ORDER BY id"
)
CLEAR = text("DELETE FROM addresses WHERE user_id = :user_id")
WRITE = text(
    "INSERT INTO addresses (id, user_id, name, line1, line2, city, postal_code, country, phone, is_default)"
    " VALUES (:id, :user_id, :name, :line1, :line2, :city, :postal_code, :country, :phone, :is_default)"
)


@dataclass(frozen=True, slots=True)
class AddressTable:
    """A book is a page: it is read and written whole."""

    connection: Connection

    async def book(self, owner: UUID) -> AddressBook:
        rows = await self.connection.execute(BOOK, {"user_id": owner})
        return AddressBook(tuple(_to_entry(row) for row in rows))

    async def save(self, owner: UUID, book: AddressBook) -> None:
        await self.connection.execute(CLEAR, {"user_id": owner})
        if book.entries:
            await self.connection.execute(WRITE, [_from_entry(owner, each) for each in book.entries])


def _to_entry(row: Row) -> Entry:
    address = Address(row.name, row.line1, row.line2, row.city, row.postal_code, row.country, row.phone)
    return Entry(row.id, address, row.is_default)


def _from_entry(user_id: UUID, entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "user_id": user_id, "is_default": entry.default, **asdict(entry.address)}
