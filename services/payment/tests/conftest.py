"""Payment wired on its twin, at a time that the test moves, with a simulated provider in the same process."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from chassis.world import World
from contracts.payment import AuthorizePayment, CapturePayment, RefundPayment, VoidPayment
from payment_service.settings import PaymentSettings
from payment_service.wiring import PaymentService, in_memory
from simulators.psp import Fault, Kind, Operation, Psp

ADA = UUID("0190a000-0000-7000-8000-000000000001")
ORDER = UUID("0190a000-0000-7000-8000-00000000000f")
PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
REFUND = UUID("0190a000-0000-7000-8000-0000000000bb")
SECRET, SECRET_BEFORE = "whsec_now", "whsec_before"


@dataclass
class HandClock:
    """A clock that the test moves. It starts now, because tokens are verified by the wall clock."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def move(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@dataclass
class Patience:
    """How the provider waits: not at all, until the test holds it."""

    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)
        await self.free.wait()


@dataclass
class Wire(httpx2.AsyncBaseTransport):
    """The wire to the provider. `after` may break once the provider has answered, as a process that dies then."""

    inner: httpx2.AsyncBaseTransport
    before: Callable[[httpx2.Request], Awaitable[None]] | None = None
    after: Callable[[httpx2.Request], Awaitable[None]] | None = None
    requests: list[httpx2.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self.before is not None:
            await self.before(request)
        answer = await self.inner.handle_async_request(request)
        if self.after is not None:
            await self.after(request)
        return answer

    def sent(self, operation: str) -> list[str]:
        """The idempotency keys of the calls of one kind, in order."""
        paths = [(each.url.path, each.headers.get("Idempotency-Key", "")) for each in self.requests]
        return [key for path, key in paths if path.endswith(operation)]


class Died(BaseException):
    """The process ended here."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(clock=clock)


@pytest.fixture
def settings() -> PaymentSettings:
    return PaymentSettings(
        database_url="memory://",
        broker_url="memory://",
        user_url="http://unused",
        provider_url="http://psp",
        provider_key="sk_test_key",
        webhook_secret=SECRET,
        webhook_secret_before=SECRET_BEFORE,
        development_door=True,
    )


@pytest.fixture
def patience() -> Patience:
    patience = Patience()
    patience.free.set()
    return patience


@pytest.fixture
async def psp(clock: HandClock, patience: Patience) -> AsyncGenerator[Psp]:
    """The provider; it calls nobody back here."""
    psp = Psp(
        webhook_secret=SECRET,
        api_key="sk_test_key",
        hang_seconds=0,
        now=lambda: clock.now().timestamp(),
        sleep=patience.sleep,
    )
    yield psp
    await psp.stop()


@pytest.fixture
def wire(psp: Psp) -> Wire:
    return Wire(httpx2.ASGITransport(psp.app))


@pytest.fixture
def service(settings: PaymentSettings, world: World, wire: Wire) -> PaymentService:
    return in_memory(settings, world, transport=wire)


@dataclass
class Shop:
    """The order service's side of the conversation, and the hands of the clock."""

    service: PaymentService
    psp: Psp
    clock: HandClock

    async def save_card(self, token: str = "pm_card_visa", *, user: UUID = ADA) -> UUID:
        return (await self.service.add_payment_method(user, provider_token=token)).id

    async def authorize(
        self, token: str = "pm_card_visa", *, method: UUID | None = None, amount: int = 3558, payment: UUID = PAYMENT
    ) -> None:
        method = method or await self.save_card(token)
        await self.service.authorize_payment(
            AuthorizePayment(
                order_id=ORDER, payment_id=payment, user_id=ADA, method_id=method, amount=amount, currency="EUR"
            )
        )

    async def capture(self) -> None:
        await self.service.capture_payment(CapturePayment(order_id=ORDER, payment_id=PAYMENT))

    async def void(self) -> None:
        await self.service.void_payment(VoidPayment(order_id=ORDER, payment_id=PAYMENT))

    async def refund(self, *, refund: UUID = REFUND, amount: int | None = None) -> None:
        await self.service.refund_payment(
            RefundPayment(order_id=ORDER, payment_id=PAYMENT, refund_id=refund, amount=amount)
        )

    async def settle(self) -> None:
        """Work on what is due now."""
        await self.service.settle.until_idle()

    async def settle_all(self) -> None:
        """Work, and let time pass, until nothing waits for the provider any more."""
        for _ in range(40):
            await self.settle()
            if not await self.service.authorize_payment.payments.unsettled():
                return
            self.clock.move(seconds=61)
        pytest.fail(f"still unsettled: {await self.facts('payment')} {await self.facts('refund')}")

    async def captured(self, **how: Any) -> None:
        """A payment whose money is ours."""
        await self.authorize(**how)
        await self.settle()
        await self.capture()
        await self.settle()
        assert await self.state() == "CAPTURED"

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        return [each async for each in self.service.facts() if each["kind"] == kind]

    async def payment(self) -> dict[str, Any]:
        [found] = [each for each in await self.facts("payment") if each["id"] == str(PAYMENT)]
        return found

    async def state(self) -> str:
        return (await self.payment())["state"]

    def said(self) -> list[str]:
        """The types of all messages so far."""
        return [each.envelope.type.removesuffix(".v1") for each in self._announced()]

    def last(self) -> dict[str, Any]:
        return self._announced()[-1].envelope.data

    def _announced(self) -> list[Any]:
        return self.service.outbox.store.announced  # type: ignore[union-attr]

    def truth(self, kind: str) -> list[int]:
        """The amounts of what really happened at the provider; of authorisations, those that are open."""
        found = [each for each in self.psp.facts() if each["kind"] == kind]
        return [each["amount"] for each in found if each.get("open", True) and each.get("status") != "failed"]

    def misbehave(self, kind: Kind, operation: Operation, *, times: int = 1, seconds: float = 1.0) -> None:
        self.psp.misbehave(Fault(kind, operation, times=times, seconds=seconds))

    def count(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def shop(service: PaymentService, psp: Psp, clock: HandClock) -> Shop:
    return Shop(service, psp, clock)


@pytest.fixture
def another() -> Callable[[], UUID]:
    return uuid4
