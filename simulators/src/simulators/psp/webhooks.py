"""Signed webhooks, delivered in the order of events unless told otherwise, and again until they are taken."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2

from simulators.psp import render
from simulators.psp.faults import WEBHOOK_FAULTS, Faults, Kind, Operation
from simulators.psp.nature import Nature, Tasks
from simulators.psp.records import Event

log = logging.getLogger(__name__)

type Deliver = Callable[[bytes, str], Awaitable[int]]

MAX_ATTEMPTS = 16
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
DELIVERY_TIMEOUT_SECONDS = 10.0


def sign(payload: bytes, *, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + payload, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


class HttpDelivery:
    """Posts webhooks to a URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx2.AsyncClient | None = None

    async def __call__(self, body: bytes, signature: str) -> int:
        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=DELIVERY_TIMEOUT_SECONDS)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        answer = await self._client.post(self._url, content=body, headers=headers)
        return answer.status_code

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


@dataclass(frozen=True, slots=True)
class Parcel:
    event: Event
    attempt: int = 0


class Courier:
    """Takes events to the shop's door. `settled` hears of each event that is delivered or given up."""

    def __init__(
        self,
        deliver: Deliver | None,
        *,
        secret: str,
        faults: Faults,
        nature: Nature,
        tasks: Tasks,
        settled: Callable[[Event], None],
    ) -> None:
        self._deliver = deliver
        self._secret = secret
        self._faults = faults
        self._nature = nature
        self._tasks = tasks
        self._settled = settled
        self._due: asyncio.Queue[Parcel] = asyncio.Queue()
        self._held: list[Parcel] = []

    def post(self, event: Event) -> None:
        fault = self._faults.take(WEBHOOK_FAULTS, Operation(event.operation), event.order_id)
        kind = fault.kind if fault else None
        if self._deliver is None or kind is Kind.NO_WEBHOOKS:
            self._settled(event)
            return
        parcel = Parcel(event)
        if fault is not None and kind is Kind.REORDERED_WEBHOOKS:
            self._held.append(parcel)
            self._tasks.spawn(self._release_after(fault.seconds, parcel))
            return
        if fault is not None and kind is Kind.LATE_WEBHOOKS:
            self._tasks.spawn(self._put_after(fault.seconds, parcel))
            return
        self._due.put_nowait(parcel)
        if kind is Kind.DUPLICATE_WEBHOOKS:
            self._due.put_nowait(parcel)
        self._release(list(self._held))

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            parcel = await self._due.get()
            if await self._attempt(parcel.event):
                self._settled(parcel.event)
            else:
                self._try_again(parcel)

    async def _attempt(self, event: Event) -> bool:
        if self._deliver is None:
            return True
        body = json.dumps(render.event(event)).encode()
        signature = sign(body, secret=self._secret, timestamp=self._nature.second())
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_SECONDS):
                status = await self._deliver(body, signature)
        except Exception as failure:  # noqa: BLE001 - whatever the shop's door throws is a failed delivery to us
            log.info("webhook %s (%s) was not taken: %r", event.id, event.type, failure)
            return False
        if not 200 <= status < 300:
            log.info("webhook %s (%s) was answered with %d", event.id, event.type, status)
        return 200 <= status < 300

    def _try_again(self, parcel: Parcel) -> None:
        attempt = parcel.attempt + 1
        if attempt >= MAX_ATTEMPTS:
            log.warning("webhook %s (%s) is given up after %d attempts", parcel.event.id, parcel.event.type, attempt)
            self._settled(parcel.event)
            return
        backoff = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**parcel.attempt)
        wait = backoff * (0.5 + self._nature.fraction() / 2)
        self._tasks.spawn(self._put_after(wait, Parcel(parcel.event, attempt)))

    async def _put_after(self, seconds: float, parcel: Parcel) -> None:
        await self._nature.sleep(seconds)
        self._due.put_nowait(parcel)

    async def _release_after(self, seconds: float, parcel: Parcel) -> None:
        await self._nature.sleep(seconds)
        self._release([each for each in self._held if each is parcel])

    def _release(self, parcels: list[Parcel]) -> None:
        for parcel in parcels:
            self._held.remove(parcel)
            self._due.put_nowait(parcel)
