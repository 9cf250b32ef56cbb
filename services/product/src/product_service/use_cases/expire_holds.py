"""Let go of what was held for too long: the safety net under the saga, which releases by itself."""

from dataclasses import dataclass

from chassis.world import World

from product_service.domain.hold import HoldState
from product_service.ports import Stock
from product_service.use_cases.hold_steps import become


@dataclass(frozen=True, slots=True)
class ExpireHolds:
    """One hold a call, in its own transaction; how many (0 or 1). Nobody is told: who asks later hears it."""

    stock: Stock
    world: World

    async def __call__(self) -> int:
        async with self.stock.transaction() as tx:
            hold = await tx.lock_overdue_hold()
            if hold is None:
                return 0
            await tx.lock_stock(hold.lines)
            await become(tx, hold, HoldState.EXPIRED, before=hold.state, world=self.world)
        return 1
