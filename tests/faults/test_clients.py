"""Clients that hang up: what they asked for is done once, whether they hear of it or not."""

import asyncio
import json
from random import Random

import pytest

from tests.faults.shop.crowd import ORDERS, Buyer, Choice, Crowd, Wish
from tests.faults.shop.ending import ends_well
from tests.faults.shop.shelves import put_on_shelves

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = 30


async def test_a_client_that_hangs_up_and_calls_again_has_one_order(crowd: Crowd, dice: Random) -> None:
    await put_on_shelves(crowd.street, **{"HANG-UP": 100})
    (buyer,) = await crowd.grow(1)
    promises = []

    for _ in range(CALLS):
        choice, key = await buyer.choose(Wish("HANG-UP")), buyer.key()
        await _send_and_hang_up(crowd, buyer, choice, key=key, after=0.02 * dice.random())
        promises.append(await buyer.order(choice, key=key))

    assert len({promise.order_id for promise in promises}) == CALLS
    assert any(promise.replayed for promise in promises), "no request of those that hung up was heard"
    assert await ends_well(crowd, promises) == {"CONFIRMED": CALLS}


async def _send_and_hang_up(crowd: Crowd, buyer: Buyer, choice: Choice, *, key: str, after: float) -> None:
    """The whole request, straight to the service, and not a byte of the answer."""
    body = json.dumps(choice.body).encode()
    head = [
        f"POST {ORDERS} HTTP/1.1",
        "Host: order",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Authorization: Bearer {buyer.token}",
        f"Idempotency-Key: {key}",
    ]
    _, writer = await asyncio.open_connection("127.0.0.1", crowd.street.port("order"))
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    await writer.drain()
    await asyncio.sleep(after)
    writer.close()
    await writer.wait_closed()
