"""Write down that a mail is owed; sending is another day's work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import tracing
from chassis.world import World

from notification_service.domain.preferences import EMAIL
from notification_service.ports import Contacts, Deliveries, Delivery, DeliveryState, delivery_id


@dataclass(frozen=True, slots=True)
class OweMail:
    """Owe `user_id` one mail of this kind because of this event. Hearing the event again changes nothing.

    The mail goes to the contact that is known when it is sent, or to whom the event names: `facts` with an `email`.
    """

    contacts: Contacts
    deliveries: Deliveries
    world: World

    async def __call__(
        self,
        *,
        kind: str,
        event_id: UUID,
        user_id: UUID,
        facts: Mapping[str, Any],
        order_id: UUID | None = None,
    ) -> None:
        contact = await self.contacts.get(user_id)
        added = await self.deliveries.add(
            Delivery(
                id=delivery_id(event_id, EMAIL, user_id),
                event_id=event_id,
                kind=kind,
                user_id=user_id,
                order_id=order_id,
                facts=facts,
                state=DeliveryState.QUEUED if contact or "email" in facts else DeliveryState.WAITING_FOR_CONTACT,
                attempts=0,
                due_at=self.world.clock.now(),
                trace=tracing.current_traceparent(),
            )
        )
        # The contact may have come between our look and our insert, and found nothing to wake; or between the insert
        # and the death of the process that this event was heard by the first time.
        if (contact is None or not added) and await self.contacts.get(user_id) is not None:
            await self.deliveries.contact_known(user_id)
