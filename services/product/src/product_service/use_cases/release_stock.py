"""Give back whatever an order has of our stock."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.world import World

from product_service.domain.hold import Command, Hold, HoldState
from product_service.ports import Stock
from product_service.use_cases.hold_steps import obey


@dataclass(frozen=True, slots=True)
class ReleaseStock:
    """A hold, a sale, or nothing yet: then a tombstone sees to it that a late ReserveStock holds nothing."""

    stock: Stock
    world: World

    async def __call__(self, *, order_id: UUID) -> None:
        hold = Hold(order_id, HoldState.RELEASED, {})

        async with self.stock.transaction() as tx:
            before = None
            if not await tx.add_hold(hold, ttl=timedelta()):
                known = await tx.lock_hold(order_id)
                assert known is not None  # holds are never deleted
                hold, before = known, known.state
            await obey(tx, hold, Command.RELEASE, before=before, world=self.world)
