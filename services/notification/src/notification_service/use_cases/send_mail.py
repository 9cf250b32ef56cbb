"""Send what is owed: claim, compose, send, write down."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from chassis.logging import get_logger
from chassis.world import World

from notification_service.ports import (
    Contact,
    Contacts,
    Deliveries,
    Delivery,
    DeliveryState,
    Mailer,
    MailFailed,
    MailRefused,
    Templates,
)

LEASE = timedelta(seconds=60)
"""Longer than the slowest attempt, so that nobody else sends the same mail beside us."""
SCHEDULE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
AT_ONCE = 4

log = get_logger("notification.send_mail")


@dataclass(frozen=True, slots=True)
class SendMail:
    """Send due mails, a few at a time; how many were tried.

    The mail leaves before we can write down that it did: a crash between the two sends it again, under the
    same Message-ID. SMTP offers nothing better.
    """

    contacts: Contacts
    deliveries: Deliveries
    mailer: Mailer
    templates: Templates
    world: World
    sender: str
    observe: Callable[[str, DeliveryState], None]
    schedule: tuple[timedelta, ...] = SCHEDULE

    async def __call__(self) -> int:
        # Whatever goes wrong with one, the others are finished: a mail that left must be written down.
        rounds = await asyncio.gather(*(self._next() for _ in range(AT_ONCE)), return_exceptions=True)
        for fault in rounds:
            if isinstance(fault, BaseException):
                raise fault
        return sum(each for each in rounds if isinstance(each, int))

    async def _next(self) -> int:
        lease = self.world.ids.uuid7()
        delivery = await self.deliveries.claim(lease=lease, lasting=LEASE)
        if delivery is None:
            return 0
        # Read again: the address may have changed since the mail was owed.
        contact = _named(delivery) or await self.contacts.get(delivery.user_id)
        message_id = self._message_id(delivery)
        state = DeliveryState.WAITING_FOR_CONTACT
        if contact is not None:
            state = await self._attempt(delivery, contact, message_id)
        pause = self.schedule[min(delivery.attempts, len(self.schedule) - 1)]
        await self.deliveries.settle(delivery.id, lease=lease, state=state, pause=pause, message_id=message_id)
        self.observe(delivery.kind, state)
        return 1

    async def _attempt(self, delivery: Delivery, contact: Contact, message_id: str) -> DeliveryState:
        facts = {"kind": delivery.kind, "delivery": delivery.id, "attempt": delivery.attempts + 1}
        later = DeliveryState.QUEUED if delivery.attempts < len(self.schedule) else DeliveryState.GIVEN_UP
        try:
            await self.mailer.send(self._addressed(delivery, contact, message_id))
        except MailRefused as refused:
            log.error("mail.refused", why=str(refused), **facts)
            return DeliveryState.SUPPRESSED
        except MailFailed as failed:
            log.warning("mail.failed", why=str(failed), **facts)
            return later
        except Exception as fault:
            # A mail that cannot be written is not tried for ever, and does not stand in the way of the others.
            log.error("mail.broken", exc_info=fault, **facts)
            return later
        log.info("mail.accepted", **facts)
        return DeliveryState.ACCEPTED

    def _addressed(self, delivery: Delivery, contact: Contact, message_id: str) -> EmailMessage:
        message = self.templates.compose(delivery, contact)
        message["From"] = self.sender
        message["To"] = contact.email
        message["Date"] = format_datetime(self.world.clock.now())
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        return message

    def _message_id(self, delivery: Delivery) -> str:
        domain = self.sender.rpartition("@")[2].rstrip(">")
        return f"<{delivery.id.replace('|', '.')}@{domain}>"


def _named(delivery: Delivery) -> Contact | None:
    """Whom the event itself names, whoever that user is to us by now."""
    facts = delivery.facts
    if "email" not in facts:
        return None
    return Contact(delivery.user_id, facts["email"], facts["name"], facts["locale"], verified=False, seq=0)
