"""Twelve bad days of the payment provider: what it does, what customers do meanwhile, and how their orders must end."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import httpx2
from simulators.psp import Fault, Kind, Operation
from simulators.psp.webhooks import sign

from tests.faults.shop.crowd import Buyer, Crowd, Json, Wish
from tests.faults.shop.deeds import PATIENCE_SECONDS, cancel, order_on_page, press, save_card, until
from tests.faults.shop.looks import hold_state

CONFIRMED, DECLINED, CUSTOMER = "CONFIRMED", "PAYMENT_DECLINED", "CUSTOMER"
OUTWARD = (Operation.CREATE, Operation.CONFIRM, Operation.CAPTURE)
"""Every order that is confirmed comes by these."""
BACKWARD = (Operation.CANCEL, Operation.REFUND)
"""One that is cancelled comes by one of them, or by none if it is early."""
LATE_SECONDS = 4.0
"""A day, on this street: longer than any order is under way."""
OLD_SECONDS = 301
WEBHOOKS = "/api/v1/webhooks/psp"

Ends = Mapping[str, str]
"""Order id -> its one right end."""
Day = Callable[[Crowd, Sequence[Buyer], str], Awaitable[Ends]]


async def together(*plays: Awaitable[tuple[str, str]]) -> Ends:
    return dict(await asyncio.gather(*plays))


async def customers(buyers: Sequence[Buyer], sku: str) -> Ends:
    """Of each five, three pay, one has a card that is declined, and one thinks better of it at once."""

    async def customer(place: int, buyer: Buyer) -> tuple[str, str]:
        if place % 5 == 3:
            return (await buyer.buy(Wish(sku, "declined"))).order_id, DECLINED
        order_id = (await buyer.buy(Wish(sku))).order_id
        if place % 5 == 4:
            await cancel(buyer, order_id)
            return order_id, CUSTOMER
        return order_id, CONFIRMED

    return await together(*(customer(place, buyer) for place, buyer in enumerate(buyers)))


@dataclass(frozen=True)
class Struck:
    """Calls that go wrong, for every third order at each step."""

    kind: Kind
    seconds: float = 1.0
    steps: Sequence[Operation] = OUTWARD

    async def __call__(self, crowd: Crowd, buyers: Sequence[Buyer], sku: str) -> Ends:
        each = -(-len(buyers) // 3)
        for step in self.steps:
            crowd.street.world.psp.misbehave(Fault(self.kind, step, times=each, seconds=self.seconds))
        for step in BACKWARD:
            crowd.street.world.psp.misbehave(Fault(self.kind, step, times=1, seconds=self.seconds))
        return await customers(buyers, sku)


@dataclass(frozen=True)
class WebhooksLost:
    """Events on their way that come twice, before those that happened earlier, or when all is long over."""

    kinds: Sequence[Kind]
    seconds: float = 1.0

    async def __call__(self, crowd: Crowd, buyers: Sequence[Buyer], sku: str) -> Ends:
        for kind in self.kinds * len(buyers):
            crowd.street.world.psp.misbehave(Fault(kind, seconds=self.seconds))
        return await customers(buyers, sku)


async def forged_webhooks(crowd: Crowd, buyers: Sequence[Buyer], sku: str) -> Ends:
    """What really happened, told once more by somebody who guesses the secret, with an old signature, and changed."""
    ends = await customers(buyers, sku)
    secret, now = crowd.street.shop.plan.secrets.webhook_secret, int(time.time())
    for event in await events_of(crowd, at_least=2 * len(buyers)):
        body, other = json.dumps(event).encode(), json.dumps({**event, "id": "evt_other"}).encode()
        for sent, signature in (
            (body, sign(body, secret="whsec_guessed", timestamp=now)),
            (body, sign(body, secret=secret, timestamp=now - OLD_SECONDS)),
            (other, sign(body, secret=secret, timestamp=now)),
        ):
            headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
            answer = await crowd.client.post(WEBHOOKS, content=sent, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (400, "urn:mercato:problem:webhook_refused")
    return ends


async def declined(crowd: Crowd, buyers: Sequence[Buyer], sku: str) -> Ends:
    """On a saved card that is the end. On the page it is not: nothing is let go while the page is there."""

    async def on_saved_card(buyer: Buyer) -> tuple[str, str]:
        return (await buyer.buy(Wish(sku, "declined"))).order_id, DECLINED

    async def on_page(buyer: Buyer, *, goes_away: bool) -> tuple[str, str]:
        order = await order_on_page(crowd, buyer, sku)
        await press(crowd, order, card="pm_card_chargeDeclined")
        await looked_at(crowd, order["id"], times=2)
        await until(buyer, order["id"], "AWAITING_CUSTOMER")
        assert await hold_state(crowd.street, order["id"]) == "HELD"
        if goes_away:
            await expire_page(crowd, order["payment_url"])
            return order["id"], DECLINED
        await press(crowd, order, card="pm_card_visa")
        return order["id"], CONFIRMED

    ways = (on_saved_card, partial(on_page, goes_away=False), partial(on_page, goes_away=True))
    return await together(*(ways[place % 3](buyer) for place, buyer in enumerate(buyers)))


async def authentication_pending(crowd: Crowd, buyers: Sequence[Buyer], sku: str) -> Ends:
    """The bank asks who is paying: somebody approves, somebody refuses, somebody cancels instead of answering."""

    async def customer(place: int, buyer: Buyer) -> tuple[str, str]:
        await save_card(buyer, "asked", "pm_card_authenticationRequired")
        order = await until(buyer, (await buyer.buy(Wish(sku, "asked"))).order_id, "AWAITING_CUSTOMER")
        match place % 3:
            case 0:
                await press(crowd, order, answer="approve")
                return order["id"], CONFIRMED
            case 1:
                await press(crowd, order, answer="refuse")
                return order["id"], DECLINED
            case _:
                await cancel(buyer, order["id"])
                return order["id"], CUSTOMER

    return await together(*(customer(place, buyer) for place, buyer in enumerate(buyers)))


async def authorization_expired(crowd: Crowd, buyers: Sequence[Buyer], sku: str) -> Ends:
    """The bank lets go between authorisation and capture: the goods were committed, and go back."""
    crowd.street.world.psp.misbehave(Fault(Kind.AUTHORIZATION_EXPIRED, Operation.CAPTURE, times=len(buyers)))
    promises = await asyncio.gather(*(buyer.buy(Wish(sku)) for buyer in buyers))
    return {promise.order_id: DECLINED for promise in promises}


async def other_amount(crowd: Crowd, buyers: Sequence[Buyer], sku: str) -> Ends:
    """Whatever is asked, the provider tells of another amount: nothing moves, and nothing is taken."""
    psp = crowd.street.world.psp
    psp.misbehave(Fault(Kind.OTHER_AMOUNT, Operation.CONFIRM, times=len(buyers)))
    psp.misbehave(Fault(Kind.OTHER_AMOUNT, Operation.RETRIEVE, times=100_000))
    promises = await asyncio.gather(*(buyer.buy(Wish(sku)) for buyer in buyers))
    await surprised(crowd, times=len(buyers))
    orders = await asyncio.gather(
        *(until(buyer, promise.order_id, "RESERVED") for buyer, promise in zip(buyers, promises, strict=True))
    )
    ids = {order["id"] for order in orders}
    assert not [each for each in psp.facts() if each["kind"] == "capture" and each["order_id"] in ids]
    # Once it tells the truth again, customers who are tired of waiting get what was reserved back.
    psp.behave()
    await asyncio.gather(*(cancel(buyer, order["id"]) for buyer, order in zip(buyers, orders, strict=True)))
    return dict.fromkeys(ids, CUSTOMER)


async def events_of(crowd: Crowd, *, at_least: int) -> list[Json]:
    """What the provider tells of, as its own dashboard shows it; once so much has happened."""
    key = crowd.street.shop.plan.secrets.provider_key
    async with (
        httpx2.AsyncClient(base_url=crowd.street.world.psp_url, auth=(key, "")) as dashboard,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        while True:
            answer = await dashboard.get("/v1/events", params={"limit": 100})
            events = answer.raise_for_status().json()["data"]
            if len(events) >= at_least:
                return events
            await asyncio.sleep(0.05)


async def looked_at(crowd: Crowd, order_id: str, *, times: int) -> None:
    """Returns when the shop has asked the provider about this order so often from now on."""

    def looks() -> int:
        return sum(each.operation is Operation.RETRIEVE for each in crowd.street.world.psp.asked(order_id))

    wanted = looks() + times
    async with asyncio.timeout(PATIENCE_SECONDS):
        while looks() < wanted:
            await asyncio.sleep(0.05)


async def surprised(crowd: Crowd, *, times: int) -> None:
    """Returns when so many payments have called for somebody to look at them."""
    worker = crowd.street.workers["payment"]

    def payments() -> set[str]:
        lines = worker.lines(crowd.marks[worker.name])
        return {line["payment_id"] for line in lines if line["event"] == "payment.surprise"}

    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(payments()) < times:
            await asyncio.sleep(0.05)


async def expire_page(crowd: Crowd, page: str) -> None:
    """Nobody has come until its time was over."""
    async with httpx2.AsyncClient(base_url=crowd.street.world.psp_url) as provider:
        (await provider.post(f"/control/sessions/{page.rpartition('/')[2]}/expire")).raise_for_status()


@dataclass(frozen=True)
class BadDay:
    """`hasty`: payment must not wait as long for an answer as it does in earnest."""

    day: Day
    hasty: bool = False
    excused: Sequence[str] = ()


DAYS: Mapping[str, BadDay] = {
    "time_out_after_success": BadDay(Struck(Kind.TIMEOUT_AFTER), hasty=True),
    "time_out_before": BadDay(Struck(Kind.TIMEOUT_BEFORE), hasty=True),
    "500_after_success": BadDay(Struck(Kind.ERROR_AFTER)),
    "declined": BadDay(declined),
    "authentication_pending": BadDay(authentication_pending),
    "slow_beyond_our_patience": BadDay(Struck(Kind.SLOW, seconds=3.0), hasty=True),
    "authorization_expired": BadDay(authorization_expired),
    "webhook_before_answer": BadDay(Struck(Kind.LATE_ANSWER, seconds=0.3)),
    "webhooks_twice_and_out_of_order": BadDay(WebhooksLost((Kind.DUPLICATE_WEBHOOKS, Kind.REORDERED_WEBHOOKS))),
    "webhooks_too_late": BadDay(WebhooksLost((Kind.LATE_WEBHOOKS,) * 2, seconds=LATE_SECONDS)),
    "webhooks_forged_or_old": BadDay(forged_webhooks),
    "other_amount": BadDay(other_amount, excused=["payment.surprise"]),
}
