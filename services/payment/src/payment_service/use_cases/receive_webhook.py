"""Take a webhook in: check it, write it down, work on it later."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.world import World

from payment_service.domain.webhook import parse, verify
from payment_service.ports import Payments
from payment_service.use_cases.answers import Wake


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Raises WebhookRefused. The same event again is stored once."""

    payments: Payments
    secrets: Sequence[str]
    world: World
    wake: Wake

    async def __call__(self, body: bytes, signature: str) -> None:
        verify(body, signature, secrets=self.secrets, now=self.world.clock.now())
        event = parse(body)

        async with self.payments.transaction() as tx:
            await tx.add_event(event)

        self.wake()
