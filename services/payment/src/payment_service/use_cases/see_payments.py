"""Look at the payments of an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payment_service.ports import Payments, PaymentStory


@dataclass(frozen=True, slots=True)
class SeePayments:
    """What we hold of an order's payments; nothing for an order that never came here."""

    payments: Payments

    async def __call__(self, order_id: UUID) -> Sequence[PaymentStory]:
        return await self.payments.of_order(order_id)
