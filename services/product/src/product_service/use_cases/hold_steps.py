"""One step of the table of holds: what the three commands and the expiry have in common."""

from dataclasses import replace

from chassis.messages import Contract
from chassis.world import World
from contracts.product import (
    MissingStock,
    StockCommitRejected,
    StockCommitted,
    StockReleased,
    StockReservationRejected,
    StockReserved,
)

from product_service.domain.hold import Answer, Command, Hold, HoldState, ledger_ref, step
from product_service.domain.stock import STAYS, LedgerRow, missing, movement
from product_service.ports import StockTransaction

EVENTS: dict[Answer, type[Contract]] = {
    Answer.RESERVED: StockReserved,
    Answer.COMMITTED: StockCommitted,
    Answer.COMMIT_REJECTED: StockCommitRejected,
    Answer.RELEASED: StockReleased,
}


async def obey(tx: StockTransaction, hold: Hold, command: Command, *, before: HoldState | None, world: World) -> Answer:
    """Take the step from `before`, and announce what is the case now, also when nothing has changed."""
    chosen = step(hold.order_id, before, command)

    if chosen.otherwise is not None or movement(before, chosen.becomes) != STAYS:
        levels = await tx.lock_stock(hold.lines)
        if chosen.otherwise is not None and (short := missing(hold, levels)):
            chosen = chosen.otherwise
            hold = replace(hold, missing=short) if chosen.becomes is HoldState.REJECTED else hold

    hold = await become(tx, hold, chosen.becomes, before=before, world=world)
    await tx.announce(_event(chosen.answer, hold))
    return chosen.answer


async def become(tx: StockTransaction, hold: Hold, after: HoldState, *, before: HoldState | None, world: World) -> Hold:
    """Bring the hold from `before` into its new state, and its stock, which must be locked, with it."""
    moves = movement(before, after)
    if moves != STAYS:
        levels = await tx.move_stock(hold.lines, moves)
        if moves.entry is not None:
            await tx.write_ledger(
                [
                    LedgerRow(
                        id=world.ids.uuid7(),
                        entry=moves.entry,
                        quantity=moves.on_hand * quantity,
                        ref=ledger_ref(hold.order_id),
                        level=levels[sku],
                    )
                    for sku, quantity in hold.lines.items()
                ]
            )
    if after is hold.state:
        return hold
    changed = replace(hold, state=after)
    await tx.save_hold(changed)
    return changed


def _event(answer: Answer, hold: Hold) -> Contract:
    if answer is Answer.REJECTED:
        lacking = tuple(
            MissingStock(sku=each.sku, wanted=each.wanted, available=each.available) for each in hold.missing
        )
        return StockReservationRejected(order_id=hold.order_id, missing=lacking)
    return EVENTS[answer].model_validate({"order_id": hold.order_id})
