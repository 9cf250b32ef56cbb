"""What customers and staff do besides buying: pay on a page, answer the bank, think better of it, send money back."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.faults.shop.crowd import ORDERS, Buyer, Choice, Crowd, Json, Wish, expect

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.1


async def until(buyer: Buyer, order_id: str, *states: str) -> Json:
    """The order, once it is in one of these states."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            order = expect(await buyer.insist("GET", f"{ORDERS}/{order_id}"), 200)
            if order["state"] in states:
                return order
            await asyncio.sleep(LOOK_SECONDS)


async def save_card(buyer: Buyer, kind: str, token: str) -> None:
    """A further card, under a name of ours."""
    answer = await buyer.insist("POST", "/api/v1/payment-methods", json={"provider_token": token})
    buyer.cards[kind] = expect(answer, 201)["id"]


async def order_on_page(crowd: Crowd, buyer: Buyer, sku: str) -> Json:
    """An order that waits for its customer on the provider's page."""
    choice = await buyer.choose(Wish(sku))
    choice.body["payment"] = {"hosted": {"return_url": f"{crowd.street.url}/back"}}
    return await until(buyer, (await buyer.order(choice)).order_id, "AWAITING_CUSTOMER")


async def press(crowd: Crowd, order: Json, **button: str) -> None:
    """On the page that the order waits for: `card="pm_card_visa"`, or on the bank's `answer="approve"`."""
    async with httpx2.AsyncClient(base_url=crowd.street.world.psp_url, timeout=10) as browser:
        page = urlsplit(order["payment_url"]).path.removeprefix("/dev/psp")
        answer = await browser.post(page, data=button, follow_redirects=False)
        assert answer.status_code == 303, answer.text


async def hang_up(port: int, buyer: Buyer, choice: Choice, *, key: str, after: float, share: float = 1.0) -> None:
    """Send a checkout to this port, or the first share of its bytes, and wait for not a byte of the answer."""
    body = json.dumps(choice.body).encode()
    head = [
        f"POST {ORDERS} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Authorization: Bearer {buyer.token}",
        f"Idempotency-Key: {key}",
    ]
    request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request[: round(share * len(request))])
    await writer.drain()
    await asyncio.sleep(after)
    writer.close()
    await writer.wait_closed()


async def cancel(buyer: Buyer, order_id: str) -> Json:
    """Asked for until it is answered, and not refused."""
    answer = await buyer.insist("POST", f"{ORDERS}/{order_id}/cancel", key=buyer.key(), json={})
    return expect(answer, 202)


async def refund(staff: httpx2.AsyncClient, order_id: str, key: str, amount: int, **wish: Any) -> None:
    """Asked for until it is answered, under one key."""
    body = {"amount": amount, "reason": "for a test", **wish}
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
            await asyncio.sleep(2 * LOOK_SECONDS)
