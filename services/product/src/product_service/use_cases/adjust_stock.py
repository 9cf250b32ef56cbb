"""Staff count, restock, or take pieces back."""

from dataclasses import dataclass
from uuid import UUID

from chassis.idempotency import IdempotencyKeyBusy, IdempotencyKeyReused, fingerprint
from chassis.world import World

from product_service.domain.stock import ADDED, Entry, LedgerRow, SkuNotFound, StockLevel
from product_service.ports import Stock


@dataclass(frozen=True, slots=True)
class Adjusted:
    level: StockLevel
    replayed: bool


@dataclass(frozen=True, slots=True)
class AdjustStock:
    """Once per person and idempotency key: the ledger row is the memory of it.

    Raises SkuNotFound, NotEnoughStock, QuantityNotAcceptable, IdempotencyKeyReused, IdempotencyKeyBusy.
    """

    stock: Stock
    world: World

    async def __call__(self, *, sku: str, entry: Entry, quantity: int, reason: str, by: UUID, key: str) -> Adjusted:
        ref = f"adjust:{by}:{key}"
        request = fingerprint("POST", f"stock/{sku}", {"kind": entry, "quantity": quantity, "reason": reason})

        async with self.stock.transaction() as tx:
            level = (await tx.lock_stock([sku])).get(sku)
            done = await tx.find_adjustment(ref)
            if done is not None:
                return _again(done, request)
            if level is None:
                raise SkuNotFound(sku)

            after = level.adjusted(entry, quantity)
            await tx.move_stock({sku: quantity}, ADDED)
            row = LedgerRow(
                id=self.world.ids.uuid7(),
                entry=entry,
                quantity=quantity,
                ref=ref,
                level=after,
                reason=reason,
                fingerprint=request,
            )
            if not await tx.write_ledger([row]):
                # The same key, at the same moment, for another SKU.
                raise IdempotencyKeyBusy

        return Adjusted(after, replayed=False)


def _again(done: LedgerRow, request: str) -> Adjusted:
    if done.fingerprint != request:
        raise IdempotencyKeyReused
    return Adjusted(done.level, replayed=True)
