"""Hold all lines of an order, or none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.world import World

from product_service.domain.hold import Answer, Command, Hold, HoldState, added_up
from product_service.ports import Stock
from product_service.use_cases.hold_steps import obey


@dataclass(frozen=True, slots=True)
class ReserveStock:
    """The first one for an order decides; every later one hears again how that ended."""

    stock: Stock
    ttl: timedelta
    world: World
    count: Callable[[Answer], None]

    async def __call__(self, *, order_id: UUID, lines: Iterable[tuple[str, int]]) -> None:
        # An order names each SKU once; if it ever did not, two lines must not be weighed one by one.
        hold = Hold(order_id, HoldState.HELD, added_up(lines))

        async with self.stock.transaction() as tx:
            before = None
            if not await tx.add_hold(hold, ttl=self.ttl):
                known = await tx.lock_hold(order_id)
                assert known is not None  # holds are never deleted
                hold, before = known, known.state
            answer = await obey(tx, hold, Command.RESERVE, before=before, world=self.world)

        if before is None:
            self.count(answer)
