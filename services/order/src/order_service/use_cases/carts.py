"""Which cart is whose, and how a change of it gets through."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from chassis.faults import WriteConflict
from chassis.world import World

from order_service.domain.cart import Cart, CartAlreadyOrdered, CartNotFound
from order_service.ports import Carts, Orders

LOOK_BACK = 20
ATTEMPTS = 5
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class FindCart:
    """The cart, if it is there and the caller may see it. Raises CartNotFound."""

    carts: Carts

    async def __call__(self, cart_id: UUID, *, user_id: UUID | None) -> Cart:
        cart = await self.carts.get(cart_id, owner=user_id)
        if cart is None or cart.merged_into is not None:
            raise CartNotFound
        return cart


@dataclass(frozen=True, slots=True)
class ChangeCart:
    """Apply a change to a cart that was not bought yet. Raises CartNotFound, CartAlreadyOrdered, WriteConflict."""

    carts: Carts
    orders: Orders

    async def __call__(self, cart_id: UUID, change: Callable[[Cart], Cart], *, user_id: UUID | None) -> Cart:
        bought = await self.orders.open_orders([cart_id], owner=user_id)
        for _ in range(ATTEMPTS):
            cart = await FindCart(self.carts)(cart_id, user_id=user_id)
            if cart_id in bought:
                raise CartAlreadyOrdered(bought[cart_id])
            changed = change(cart)
            if changed is cart or await self.carts.save(changed, seen=cart.version):
                return changed
        raise WriteConflict(f"cart {cart_id}")


@dataclass(frozen=True, slots=True)
class OpenCart:
    """A new cart: anonymous, or the caller's own."""

    carts: Carts
    world: World

    async def __call__(self, *, user_id: UUID | None, currency: str) -> Cart:
        return await self.named(
            self.world.ids.uuid7(), user_id=user_id, currency=currency, created_at=self.world.clock.now()
        )

    async def after(self, last: Cart | None, *, user_id: UUID, currency: str) -> Cart:
        """The one that follows `last`. Two requests at once name it alike, so that one is made."""
        now = self.world.clock.now()
        name = uuid5(user_id, f"cart after {last.id if last is not None else 'first'}")
        # Younger than the last one whatever the clocks say, or the last would stay the newest for ever.
        born = max(now, last.created_at + TICK) if last is not None else now
        return await self.named(name, user_id=user_id, currency=currency, created_at=born)

    async def named(self, cart_id: UUID, *, user_id: UUID | None, currency: str, created_at: datetime) -> Cart:
        """The cart with this id, made when there is none."""
        cart = Cart(
            id=cart_id,
            user_id=user_id,
            currency=currency,
            lines=(),
            version=1,
            created_at=created_at,
        )
        if await self.carts.add(cart):
            return cart
        known = await self.carts.get(cart.id, owner=user_id)
        assert known is not None  # carts are not deleted
        return known


@dataclass(frozen=True, slots=True)
class CurrentCart:
    """The caller's cart: the newest that has lines and no open order; made when there is none.

    It is derived, never stored: a cancelled order gives its cart back without another write.
    """

    carts: Carts
    orders: Orders
    open_cart: OpenCart

    async def __call__(self, user_id: UUID, *, currency: str = "EUR") -> Cart:
        latest = await self.carts.latest(user_id, limit=LOOK_BACK)
        bought = await self.orders.open_orders([cart.id for cart in latest], owner=user_id)
        free = [cart for cart in latest if cart.id not in bought]
        for cart in free:
            if cart.lines:
                return cart
        if free:
            return free[0]
        return await self.open_cart.after(latest[0] if latest else None, user_id=user_id, currency=currency)


@dataclass(frozen=True, slots=True)
class MergeCart:
    """Bring the lines of an anonymous cart into the caller's; once, however often it is asked for.

    Raises CartNotFound, CartAlreadyOrdered, CurrencyDiffers, WriteConflict.
    """

    carts: Carts
    orders: Orders
    current: CurrentCart
    change: ChangeCart

    async def __call__(self, guest_id: UUID, *, user_id: UUID) -> Cart:
        for _ in range(ATTEMPTS):
            guest = await self.carts.get(guest_id, owner=None)
            if guest is None:
                raise CartNotFound
            mine = await self._claimed(guest, user_id)
            if mine is None:
                continue
            # A crash between the claim and this line is healed by the next try: the claim names the same cart.
            if guest.id in mine.merged:
                return mine
            return await self.change(mine.id, partial(_merged, guest), user_id=user_id)
        raise WriteConflict(f"cart {guest_id}")

    async def _claimed(self, guest: Cart, user_id: UUID) -> Cart | None:
        """The cart that the guest's lines go to; None when somebody changed the guest cart meanwhile."""
        if guest.merged_into is not None:
            mine = await self.carts.get(guest.merged_into, owner=user_id)
            if mine is None:
                raise CartNotFound
            if guest.id in mine.merged or not await self.orders.open_orders([mine.id], owner=user_id):
                return mine
            # That cart was bought before the lines came in: they go into the next one.
        mine = await self.current(user_id, currency=guest.currency)
        mine.with_all_of(guest)  # refuses what can not be merged before the claim is written
        claimed = await self.carts.save(guest.claimed_for(mine.id), seen=guest.version)
        return mine if claimed else None


def _merged(guest: Cart, mine: Cart) -> Cart:
    return mine.with_all_of(guest)
