"""Keep the caller's address book. Every page of it belongs to one user, and is found by no other."""

from dataclasses import dataclass
from uuid import UUID

from chassis.world import World

from user_service.domain.address import Address, AddressBook, Entry
from user_service.ports import Accounts


@dataclass(frozen=True, slots=True)
class ShowAddresses:
    accounts: Accounts

    async def __call__(self, *, user_id: UUID) -> AddressBook:
        async with self.accounts.transaction() as tx:
            return await tx.addresses.book(user_id)


@dataclass(frozen=True, slots=True)
class AddAddress:
    """Raises AddressBookFull and CardNumberInAddress."""

    accounts: Accounts
    world: World

    async def __call__(self, *, user_id: UUID, address: Address, default: bool) -> Entry:
        id_ = self.world.ids.uuid7()
        async with self.accounts.transaction() as tx:
            await tx.users.lock(user_id)
            book = (await tx.addresses.book(user_id)).add(id_, address, default=default)
            await tx.addresses.save(user_id, book)
        return book.find(id_)


@dataclass(frozen=True, slots=True)
class ChangeAddress:
    """Raises AddressNotFound and CardNumberInAddress."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID, address_id: UUID, address: Address, default: bool) -> Entry:
        async with self.accounts.transaction() as tx:
            await tx.users.lock(user_id)
            book = (await tx.addresses.book(user_id)).change(address_id, address, default=default)
            await tx.addresses.save(user_id, book)
        return book.find(address_id)


@dataclass(frozen=True, slots=True)
class RemoveAddress:
    """Raises AddressNotFound."""

    accounts: Accounts

    async def __call__(self, *, user_id: UUID, address_id: UUID) -> None:
        async with self.accounts.transaction() as tx:
            await tx.users.lock(user_id)
            book = (await tx.addresses.book(user_id)).remove(address_id)
            await tx.addresses.save(user_id, book)
