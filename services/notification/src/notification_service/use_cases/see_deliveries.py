"""Look at what was owed because of an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from notification_service.ports import Deliveries, Delivery


@dataclass(frozen=True, slots=True)
class SeeDeliveries:
    """Every message about an order, and what became of it."""

    deliveries: Deliveries

    async def __call__(self, order_id: UUID) -> Sequence[Delivery]:
        return await self.deliveries.of_order(order_id)
