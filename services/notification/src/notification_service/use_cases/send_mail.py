"""Send the mails that are owed."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from chassis.logging import get_logger
from chassis.world import World

from notification_service.domain.preferences import EMAIL
from notification_service.log_events import EVENTS
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
    WantedByPerson,
)
from notification_service.use_cases.sending import Observe, Outcome, Sending

log = get_logger("notification.send_mail", EVENTS)


@dataclass(frozen=True, slots=True)
class SendMail:
    """Send due mails, a few at a time; how many were tried.

    The mail leaves before we can write down that it did: a crash between the two sends it again, under the
    same Message-ID. SMTP offers nothing better.
    """

    contacts: Contacts
    deliveries: Deliveries
    wanted: WantedByPerson
    mailer: Mailer
    templates: Templates
    world: World
    sender: str
    observe: Observe

    @property
    def _sending(self) -> Sending:
        return Sending(EMAIL, self.deliveries, self.world, self.observe)

    async def __call__(self) -> int:
        return await self._sending(self._send)

    async def _send(self, delivery: Delivery) -> Outcome:
        message_id = self._message_id(delivery)
        # Read again: the address may have changed since the mail was owed, and so may what the person wants.
        contact = _named(delivery) or await self.contacts.get(delivery.user_id)
        if contact is None:
            return DeliveryState.WAITING_FOR_CONTACT, message_id
        if not (await self.wanted.get(delivery.user_id)).wants(delivery.kind, EMAIL):
            return DeliveryState.SUPPRESSED, message_id
        return await self._attempt(delivery, contact, message_id), message_id

    async def _attempt(self, delivery: Delivery, contact: Contact, message_id: str) -> DeliveryState:
        facts = {"kind": delivery.kind, "event_id": str(delivery.event_id), "attempt": delivery.attempts + 1}
        later = self._sending.later(delivery)
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
