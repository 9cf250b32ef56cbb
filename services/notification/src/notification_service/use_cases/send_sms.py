"""Send the text messages that are owed, as far as the caps allow."""

from dataclasses import dataclass

from chassis.logging import get_logger
from chassis.world import World

from notification_service.domain.preferences import SMS
from notification_service.domain.sms import SmsLimits
from notification_service.log_events import EVENTS
from notification_service.ports import (
    Contacts,
    Deliveries,
    Delivery,
    DeliveryState,
    SmsBudget,
    SmsFailed,
    SmsRefused,
    SmsTexts,
    Texter,
    WantedByPerson,
)
from notification_service.use_cases.sending import Observe, Outcome, Sending

SUPPRESSED: Outcome = (DeliveryState.SUPPRESSED, None)

log = get_logger("notification.send_sms", EVENTS)


@dataclass(frozen=True, slots=True)
class SendSms:
    """Send due text messages, a few at a time; how many were tried.

    The provider knows no idempotency key: what may have been sent and was not answered is sent again. Every attempt
    counts against the caps, unless it certainly came to nothing, so that they hold for what arrives.
    """

    contacts: Contacts
    deliveries: Deliveries
    wanted: WantedByPerson
    budget: SmsBudget
    limits: SmsLimits
    texter: Texter
    texts: SmsTexts
    world: World
    observe: Observe

    @property
    def _sending(self) -> Sending:
        return Sending(SMS, self.deliveries, self.world, self.observe)

    async def __call__(self) -> int:
        return await self._sending(self._send)

    async def _send(self, delivery: Delivery) -> Outcome:
        # Read again: the number may have changed since the message was owed, and so may what the person wants.
        contact = await self.contacts.get(delivery.user_id)
        number = contact.phone if contact is not None else None
        if number is None or not (await self.wanted.get(delivery.user_id)).wants(delivery.kind, SMS):
            return SUPPRESSED
        if not self.limits.allow(number):
            log.warning("sms.not_allowed_there", event_id=str(delivery.event_id))
            return SUPPRESSED
        try:
            text = self.texts.compose(delivery)
        except Exception as fault:
            log.error("sms.broken", event_id=str(delivery.event_id), exc_info=fault)
            return self._sending.later(delivery), None
        return await self._within_caps(delivery, number, text)

    async def _within_caps(self, delivery: Delivery, number: str, text: str) -> Outcome:
        cost, day = self.limits.cost(text), self.world.clock.now().date()
        if not await self.budget.take(delivery.user_id, day=day, cost=cost):
            log.error("sms.capped", event_id=str(delivery.event_id))
            return SUPPRESSED
        facts = {"kind": delivery.kind, "event_id": str(delivery.event_id), "attempt": delivery.attempts + 1}
        try:
            sid = await self.texter.send(to=number, text=text)
        except SmsRefused as refused:
            log.error("sms.refused", why=str(refused), **facts)
            await self.budget.give_back(delivery.user_id, day=day, cost=cost)
            return SUPPRESSED
        except SmsFailed as failed:
            log.warning("sms.failed", why=str(failed), **facts)
            if not failed.perhaps_sent:
                await self.budget.give_back(delivery.user_id, day=day, cost=cost)
            return self._sending.later(delivery), None
        log.info("sms.accepted", **facts)
        return DeliveryState.ACCEPTED, sid
