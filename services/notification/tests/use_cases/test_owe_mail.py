"""A mail is owed once, and never waits for a contact that is there."""

from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest
from notification_service.ports import Contact, Contacts, Delivery
from notification_service.wiring import NotificationService

ADA = UUID("0190a000-0000-7000-8000-000000000001")
CONTACT = Contact(ADA, "ada@example.org", "Ada", "en", verified=True, seq=2)
FACTS = {"number": "M-1", "order_id": "o-1", "reason": "CUSTOMER", "refunded": 0, "currency": "EUR"}


@dataclass
class Meanwhile:
    """Deliveries beside which something happens just after one was added."""

    inner: object
    happens: object
    added: list[Delivery] = field(default_factory=list)

    async def add(self, delivery: Delivery) -> bool:
        result = await self.inner.add(delivery)
        await self.happens()
        return result

    async def contact_known(self, user_id: UUID, **more: object) -> None:
        await self.inner.contact_known(user_id, **more)


async def owe(service: NotificationService, event: UUID) -> None:
    await service.owe_mail(kind="order_cancelled", event_id=event, user_id=ADA, facts=FACTS)


async def states(service: NotificationService) -> list[str]:
    return [each["state"] async for each in service.facts()]


async def test_a_contact_that_comes_between_the_look_and_the_insert_is_not_missed(service, mailbox) -> None:
    @dataclass
    class ComesAfterTheLook:
        inner: Contacts
        looks: int = 0

        async def get(self, user_id: UUID) -> Contact | None:
            found = await self.inner.get(user_id)
            self.looks += 1
            if self.looks == 1:
                await service.keep_contact(CONTACT)
            return found

    unlucky = replace(service.owe_mail, contacts=ComesAfterTheLook(service.owe_mail.contacts))

    await unlucky(kind="order_cancelled", event_id=uuid4(), user_id=ADA, facts=FACTS)

    assert await states(service) == ["QUEUED"]


async def test_a_death_just_after_the_insert_is_made_good_when_the_event_is_heard_again(service, mailbox) -> None:
    event = uuid4()

    class Killed(BaseException):
        pass

    async def contact_comes_and_process_dies() -> None:
        await service.keep_contact.contacts.put(CONTACT)
        raise Killed

    mortal = replace(
        service.owe_mail, deliveries=Meanwhile(service.owe_mail.deliveries, contact_comes_and_process_dies)
    )
    with pytest.raises(Killed):
        await mortal(kind="order_cancelled", event_id=event, user_id=ADA, facts=FACTS)
    assert await states(service) == ["WAITING_FOR_CONTACT"]

    await owe(service, event)

    assert await states(service) == ["QUEUED"]


async def test_hearing_an_event_again_does_not_queue_what_was_sent(service, mailbox) -> None:
    event = uuid4()
    await service.keep_contact(CONTACT)
    await owe(service, event)
    await service.send_mail()

    await owe(service, event)

    assert await states(service) == ["ACCEPTED"]
    assert await service.send_mail() == 0
    assert len(mailbox.mails) == 1


async def test_a_mail_whose_event_names_the_recipient_waits_for_nobody(service, mailbox) -> None:
    facts = {"email": "ada@example.org", "name": "Ada", "locale": "en", "token": "t0k-en"}

    await service.owe_mail(kind="verify_email", event_id=uuid4(), user_id=ADA, facts=facts)
    await service.send_mail()

    assert [each["To"] for each in mailbox.mails] == ["ada@example.org"]


async def test_a_second_registration_is_greeted_by_its_own_name(service, mailbox) -> None:
    await service.keep_contact(replace(CONTACT, name="Mallory", seq=1))
    facts = {"email": "ada@example.org", "name": "Ada", "locale": "en", "token": "t0k-en"}

    await service.owe_mail(kind="verify_email", event_id=uuid4(), user_id=ADA, facts=facts)
    await service.send_mail()

    assert "Dear Ada," in mailbox.mails[0].get_body(("plain",)).get_content()
