"""Goods of a sale have come back."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from chassis.world import World

from product_service.domain.hold import added_up
from product_service.domain.stock import ADDED, Entry, LedgerRow, refuse_unsold
from product_service.ports import Stock


@dataclass(frozen=True, slots=True)
class ReturnStock:
    """Once for each refund: its rows in the ledger are the memory of it. Raises NothingToReturn."""

    stock: Stock
    world: World

    async def __call__(self, *, order_id: UUID, refund_id: UUID, lines: Iterable[tuple[str, int]]) -> None:
        returned, ref = added_up(lines), f"refund:{refund_id}"

        async with self.stock.transaction() as tx:
            # The hold is locked first, as by everybody: a repeat waits here and then finds the rows.
            hold = await tx.lock_hold(order_id)
            if await tx.in_ledger(ref):
                return
            refuse_unsold(order_id, hold, returned)
            await tx.lock_stock(returned)
            levels = await tx.move_stock(returned, ADDED)
            await tx.write_ledger(
                [
                    LedgerRow(self.world.ids.uuid7(), Entry.RETURN, quantity, ref, levels[sku])
                    for sku, quantity in returned.items()
                ]
            )
