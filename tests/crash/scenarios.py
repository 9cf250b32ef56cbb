"""What two customers do, side by side, while one process is going to die; and how that must end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import httpx2

from tests.faults.shop.crowd import ORDERS, Buyer, Crowd, Json, Wish, expect
from tests.faults.shop.shelves import clerk

PLENTY, NONE = "CRASH-PLENTY", "CRASH-NONE"
PATIENCE_SECONDS = 60

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
    expect(await buyer.insist("POST", f"{ORDERS}/{order_id}/cancel", key=buyer.key(), json={}), 202)
    return {order_id: "CUSTOMER"}


async def action_required(crowd: Crowd, buyer: Buyer) -> Ends:
    """The customer pays on the provider's page."""
    choice = await buyer.choose(Wish(PLENTY))
    choice.body["payment"] = {"hosted": {"return_url": f"{crowd.street.url}/back"}}
    order_id = (await buyer.order(choice)).order_id
    order = await until(buyer, order_id, "AWAITING_CUSTOMER")
    async with httpx2.AsyncClient(base_url=crowd.street.world.psp_url, timeout=10) as browser:
        page = urlsplit(order["payment_url"]).path.removeprefix("/dev/psp")
        answer = await browser.post(page, data={"card": "pm_card_visa"}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
    return {order_id: "CONFIRMED"}


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


async def until(buyer: Buyer, order_id: str, state: str) -> Json:
    """The order, once it is in this state."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            order = expect(await buyer.insist("GET", f"{ORDERS}/{order_id}"), 200)
            if order["state"] == state:
                return order
            await asyncio.sleep(0.1)


async def refund(staff: httpx2.AsyncClient, order_id: str, key: str, amount: int) -> None:
    """Asked until it is answered, under one key."""
    body = {"amount": amount, "reason": "for a test"}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                answer = await staff.post(
                    f"/api/v1/staff/orders/{order_id}/refunds", json=body, headers={"Idempotency-Key": key}
                )
            except httpx2.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 500:
                assert answer.is_success, answer.text
                return
            await asyncio.sleep(0.2)
