"""Keep our own replica of whom to write to, so that nobody else has to be up when we write."""

from dataclasses import dataclass

from notification_service.ports import Contact, Contacts, Deliveries


@dataclass(frozen=True, slots=True)
class KeepContact:
    """Take over a person's newest state, and queue what waited for it."""

    contacts: Contacts
    deliveries: Deliveries

    async def __call__(self, contact: Contact) -> None:
        await self.contacts.put(contact)
        await self.deliveries.contact_known(contact.user_id)
