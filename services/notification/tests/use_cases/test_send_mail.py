"""Sending what is owed, on the twins: what is written down, whatever the mail server does."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from notification_service.adapters import smtp_mailer
from notification_service.ports import Contact, MailFailed, delivery_id
from notification_service.use_cases.sending import LEASE
from notification_service.wiring import NotificationService

ADA = UUID("0190a000-0000-7000-8000-000000000001")
CONTACT = Contact(ADA, "ada@example.org", "Ada", "en", verified=True, seq=2)
FACTS = {"number": "M-1", "order_id": "o-1", "reason": "CUSTOMER", "refunded": 0, "currency": "EUR"}


class Killed(BaseException):
    """The process has died here."""


@dataclass
class DiesAfterTheReply:
    """A mailer whose process is killed between the server's 250 and whatever would have been done next."""

    inner: object
    deaths: int = 1

    async def send(self, message: EmailMessage) -> None:
        await self.inner.send(message)
        if self.deaths:
            self.deaths -= 1
            raise Killed


async def owe(service: NotificationService, **more: object) -> UUID:
    event = uuid4()
    await service.owe_mail(kind="order_cancelled", event_id=event, user_id=ADA, facts={**FACTS, **more})
    return event


async def facts(service: NotificationService) -> list[tuple[str, int]]:
    return [(each["state"], each["attempts"]) async for each in service.facts()]


async def test_a_death_between_the_250_and_the_note_of_it_sends_the_mail_again_under_the_same_message_id(
    service, mailbox, clock
) -> None:
    await service.keep_contact(CONTACT)
    await owe(service)
    mortal = replace(service.send_mail, mailer=DiesAfterTheReply(mailbox))

    with pytest.raises(Killed):
        await mortal()
    assert await service.send_mail() == 0
    clock.time += LEASE
    assert await service.send_mail() == 1
    clock.time += timedelta(days=1)
    assert await service.send_mail() == 0

    assert len(mailbox.mails) == 2
    assert len({each["Message-ID"] for each in mailbox.mails}) == 1
    assert await facts(service) == [("ACCEPTED", 1)]


async def test_the_schedule_is_1_min_5_min_30_min_2_h_12_h_and_then_somebody_must_look(service, mailbox, clock) -> None:
    mailbox.answers = [MailFailed("421")] * 6
    await service.keep_contact(CONTACT)
    await owe(service)
    pauses = [
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=12),
    ]

    assert await service.send_mail() == 1
    for pause in pauses:
        clock.time += pause - timedelta(seconds=1)
        assert await service.send_mail() == 0
        clock.time += timedelta(seconds=1)
        assert await service.send_mail() == 1

    assert await facts(service) == [("GIVEN_UP", 6)]
    assert (
        service.metrics.registry.get_sample_value(
            "shop_mail_attempts_total", {"kind": "order_cancelled", "state": "GIVEN_UP"}
        )
        == 1
    )


async def test_a_mail_that_cannot_be_written_is_given_up_and_the_others_are_sent(service, mailbox, clock) -> None:
    await service.keep_contact(CONTACT)
    await service.owe_mail(kind="order_cancelled", event_id=uuid4(), user_id=ADA, facts={"number": "only this"})
    await owe(service)

    for _ in range(6):
        await service.send_mail()
        clock.time += timedelta(hours=12)

    assert sorted(await facts(service)) == [("ACCEPTED", 1), ("GIVEN_UP", 6)]
    assert len(mailbox.mails) == 1


async def test_a_recipient_with_a_line_break_gets_no_mail_and_no_header(service, mailbox) -> None:
    await service.keep_contact(replace(CONTACT, email="ada@example.org\r\nBcc: all@example.org"))
    await owe(service)

    await service.send_mail()

    assert mailbox.mails == []
    assert await facts(service) == [("QUEUED", 1)]


async def test_an_address_that_changed_while_a_mail_waited_is_the_one_that_it_goes_to(service, mailbox, clock) -> None:
    mailbox.answers = [MailFailed("421")]
    await service.keep_contact(CONTACT)
    await owe(service)
    await service.send_mail()

    await service.keep_contact(replace(CONTACT, email="new@example.org", seq=3))
    clock.time += timedelta(minutes=1)
    await service.send_mail()

    assert [each["To"] for each in mailbox.mails] == ["new@example.org"]


async def test_many_senders_at_once_send_each_mail_once(service, mailbox) -> None:
    await service.keep_contact(CONTACT)
    for _ in range(10):
        await owe(service)

    await asyncio.gather(*(service.send_mail() for _ in range(5)))

    assert len(mailbox.mails) == 10
    assert len({each["Message-ID"] for each in mailbox.mails}) == 10


async def test_somebody_who_lost_the_lease_does_not_overwrite_what_the_next_one_noted(service, mailbox, clock) -> None:
    await service.keep_contact(CONTACT)
    await owe(service)

    class SlowerThanTheLease:
        async def send(self, _message: EmailMessage) -> None:
            clock.time += LEASE
            assert await service.send_mail() == 1
            raise MailFailed("timeout")

    await replace(service.send_mail, mailer=SlowerThanTheLease())()

    assert await facts(service) == [("ACCEPTED", 1)]


def test_the_lease_outlives_the_slowest_attempt() -> None:
    assert LEASE.total_seconds() > smtp_mailer.TOTAL_SECONDS + smtp_mailer.CONNECT_SECONDS


def test_what_is_owed_names_event_channel_and_person() -> None:
    assert delivery_id(UUID(int=1), "email", UUID(int=2)) == f"{UUID(int=1)}|email|{UUID(int=2)}"
