"""Turn a hold into a sale."""

from dataclasses import dataclass
from uuid import UUID

from chassis.world import World

from product_service.domain.hold import Command, NothingToCommit
from product_service.ports import Stock
from product_service.use_cases.hold_steps import obey


@dataclass(frozen=True, slots=True)
class CommitStock:
    """An expired hold is sold all the same while its stock is still free. Raises NothingToCommit."""

    stock: Stock
    world: World

    async def __call__(self, *, order_id: UUID) -> None:
        async with self.stock.transaction() as tx:
            hold = await tx.lock_hold(order_id)
            if hold is None:
                raise NothingToCommit(order_id)
            await obey(tx, hold, Command.COMMIT, before=hold.state, world=self.world)
