"""What two customers do, side by side, while one process is going to die; and how that must end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tests.faults.shop.crowd import Buyer, Crowd, Wish
from tests.faults.shop.deeds import cancel, order_on_page, press, refund, until
from tests.faults.shop.shelves import clerk

PLENTY, NONE = "CRASH-PLENTY", "CRASH-NONE"

Ends = Mapping[str, str]
"""Order id -> the one end that is right."""
Play = Callable[[Crowd, Buyer], Awaitable[Ends]]


async def happy(_crowd: Crowd, buyer: Buyer) -> Ends:
    return {(await buyer.buy(Wish(PLENTY))).order_id: "CONFIRMED"}


async def declined(_crowd: Crowd, buyer: Buyer) -> Ends:
    return {(await buyer.buy(Wish(PLENTY, "declined"))).order_id: "PAYMENT_DECLINED"}


async def out_of_stock(_crowd: Crowd, buyer: Buyer) -> Ends:
    return {(await buyer.buy(Wish(NONE))).order_id: "OUT_OF_STOCK"}


async def cancelled(_crowd: Crowd, buyer: Buyer) -> Ends:
    """Before it is shipped, whatever has happened to it by then."""
    order_id = (await buyer.buy(Wish(PLENTY))).order_id
    await cancel(buyer, order_id)
    return {order_id: "CUSTOMER"}


async def action_required(crowd: Crowd, buyer: Buyer) -> Ends:
    """The customer pays on the provider's page."""
    order = await order_on_page(crowd, buyer, PLENTY)
    await press(crowd, order, card="pm_card_visa")
    return {order["id"]: "CONFIRMED"}


async def refunded(crowd: Crowd, buyer: Buyer) -> Ends:
    """Staff gives half of it back, then the rest."""
    order_id = (await buyer.buy(Wish(PLENTY))).order_id
    order = await until(buyer, order_id, "CONFIRMED")
    async with clerk(crowd.street) as staff:
        for amount in (order["total"] // 2, order["total"] - order["total"] // 2):
            await until(buyer, order_id, "CONFIRMED")
            await refund(staff.client, order_id, buyer.key(), amount)
    return {order_id: "REFUNDED"}


async def registered(crowd: Crowd, _buyer: Buyer) -> Ends:
    """Somebody new: the account, the mailed link, the first session, a saved card."""
    await crowd.newcomer().join(crowd.street)
    return {}


SCENARIOS: Mapping[str, Play] = {
    each.__name__: each for each in (happy, declined, out_of_stock, cancelled, action_required, refunded, registered)
}


async def play(name: str, crowd: Crowd) -> Ends:
    """Two at once, so that there is a second time for every point."""
    buyers = await crowd.grow(2)
    both = await asyncio.gather(*(SCENARIOS[name](crowd, buyer) for buyer in buyers))
    return {order_id: end for each in both for order_id, end in each.items()}
