"""Write down that a text message is owed, to somebody who has a telephone and wants it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import tracing
from chassis.world import World

from notification_service.domain.preferences import SMS
from notification_service.ports import Contacts, Deliveries, Delivery, DeliveryState, WantedByPerson, delivery_id


@dataclass(frozen=True, slots=True)
class OweSms:
    """A mail says the same and waits for its contact: a text message that has nowhere to go is none."""

    contacts: Contacts
    deliveries: Deliveries
    wanted: WantedByPerson
    world: World
    possible: bool
    """Is there a provider at all?"""

    async def __call__(
        self, *, kind: str, event_id: UUID, user_id: UUID, facts: Mapping[str, Any], order_id: UUID | None = None
    ) -> None:
        if not self.possible or not (await self.wanted.get(user_id)).wants(kind, SMS):
            return
        contact = await self.contacts.get(user_id)
        if contact is None or contact.phone is None:
            return
        await self.deliveries.add(
            Delivery(
                id=delivery_id(event_id, SMS, user_id),
                event_id=event_id,
                kind=kind,
                user_id=user_id,
                order_id=order_id,
                facts=facts,
                state=DeliveryState.QUEUED,
                attempts=0,
                due_at=self.world.clock.now(),
                trace=tracing.current_traceparent(),
            )
        )
