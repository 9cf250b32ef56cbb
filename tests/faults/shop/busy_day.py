"""Everything that can happen in the shop, once: after it every message there is has been said."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from simulators.psp import Fault, Kind, Operation

from tests.faults.shop.crowd import PASSWORD, Buyer, Crowd, Wish, expect
from tests.faults.shop.deeds import cancel, order_on_page, press, refund, until
from tests.faults.shop.shelves import Clerk

PLENTY, NONE = "BUSY-PLENTY", "BUSY-NONE"
PARCEL = {"carrier": "Postal Example", "tracking": "TR-4711"}
RENAMED, NUMBER = "Ada Renamed", "+4917112345678"
NEW_PASSWORD = "eleven brass lanterns hum"

Ends = Mapping[str, str]
Deed = Callable[[Crowd, Buyer, Clerk], Awaitable[tuple[str, str]]]
"""What one customer goes through; the order, and its one right end."""


async def shipped(_crowd: Crowd, buyer: Buyer, staff: Clerk) -> tuple[str, str]:
    order = await until(buyer, (await buyer.buy(Wish(PLENTY))).order_id, "CONFIRMED")
    (await staff.client.post(f"/api/v1/staff/orders/{order['id']}/ship", json=PARCEL)).raise_for_status()
    return order["id"], "SHIPPED"


async def declined(_crowd: Crowd, buyer: Buyer, _staff: Clerk) -> tuple[str, str]:
    return (await buyer.buy(Wish(PLENTY, "declined"))).order_id, "PAYMENT_DECLINED"


async def out_of_stock(_crowd: Crowd, buyer: Buyer, _staff: Clerk) -> tuple[str, str]:
    return (await buyer.buy(Wish(NONE))).order_id, "OUT_OF_STOCK"


async def cancelled(_crowd: Crowd, buyer: Buyer, _staff: Clerk) -> tuple[str, str]:
    order_id = (await buyer.buy(Wish(PLENTY))).order_id
    await cancel(buyer, order_id)
    return order_id, "CUSTOMER"


async def paid_on_page(crowd: Crowd, buyer: Buyer, _staff: Clerk) -> tuple[str, str]:
    order = await order_on_page(crowd, buyer, PLENTY)
    await press(crowd, order, card="pm_card_visa")
    return order["id"], "CONFIRMED"


async def never_captured(crowd: Crowd, buyer: Buyer, _staff: Clerk) -> tuple[str, str]:
    order = await order_on_page(crowd, buyer, PLENTY)
    crowd.street.world.psp.misbehave(Fault(Kind.AUTHORIZATION_EXPIRED, Operation.CAPTURE, order_id=order["id"]))
    await press(crowd, order, card="pm_card_visa")
    return order["id"], "PAYMENT_DECLINED"


async def sent_back(_crowd: Crowd, buyer: Buyer, staff: Clerk) -> tuple[str, str]:
    """Half of the money and all of the goods, then the rest."""
    order = await until(buyer, (await buyer.buy(Wish(PLENTY))).order_id, "CONFIRMED")
    (await staff.client.post(f"/api/v1/staff/orders/{order['id']}/ship", json=PARCEL)).raise_for_status()
    half, goods = order["total"] // 2, [{"sku": PLENTY, "quantity": 1}]
    await refund(staff.client, order["id"], buyer.key(), half, restock=goods)
    await until(buyer, order["id"], "SHIPPED")
    await refund(staff.client, order["id"], buyer.key(), order["total"] - half)
    return order["id"], "REFUNDED"


async def not_sent_back(crowd: Crowd, buyer: Buyer, staff: Clerk) -> tuple[str, str]:
    """The bank takes the refund, and thinks better of it."""
    order = await until(buyer, (await buyer.buy(Wish(PLENTY))).order_id, "CONFIRMED")
    fails = Fault(Kind.REFUND_FAILS, Operation.REFUND, order_id=order["id"], seconds=0.1)
    crowd.street.world.psp.misbehave(fails)
    await refund(staff.client, order["id"], buyer.key(), order["total"])
    return order["id"], "CONFIRMED"


DEEDS: Sequence[Deed] = (
    *(shipped, declined, out_of_stock, cancelled),
    *(paid_on_page, never_captured, sent_back, not_sent_back),
)


async def busy_day(crowd: Crowd, staff: Clerk) -> tuple[Ends, Buyer]:
    """All of them at once, and somebody new, whose contact changes twice; how it must end."""
    buyers = await crowd.grow(len(DEEDS))
    newcomer, *done = await asyncio.gather(
        _moves_in(crowd), *(deed(crowd, buyer, staff) for deed, buyer in zip(DEEDS, buyers, strict=True))
    )
    return dict(done), newcomer


async def _moves_in(crowd: Crowd) -> Buyer:
    """Joins, changes name and number, asks for a new password, and chooses one while signed in twice."""
    newcomer = crowd.newcomer()
    await newcomer.join(crowd.street)
    await newcomer.sign_in()
    for change in ({"name": "Ada Between"}, {"name": RENAMED}, {"phone": NUMBER}):
        expect(await newcomer.insist("PATCH", "/api/v1/me", json=change), 200)
    expect(await newcomer.insist("POST", "/api/v1/users/password-resets", json={"email": newcomer.email}), 202)
    chosen = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    expect(await newcomer.insist("POST", "/api/v1/me/password", json=chosen), 204)
    return newcomer
