"""Payment wired on its twin and on PostgreSQL, with a simulated provider in the same process.

Time is the test's: it moves a clock, and on PostgreSQL, whose time is its own, it makes the rows older instead.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx2
import pytest
from chassis.auth import NotSignedIn, Principal
from chassis.health import Health
from chassis.memory import MemoryStore
from chassis.messages import Envelope
from chassis.migrations import migrate
from chassis.world import World
from contracts.payment import AuthorizePayment, CapturePayment, RefundPayment, VoidPayment
from payment_service.main import create_apps
from payment_service.settings import PaymentSettings
from payment_service.use_cases import pace, payment_methods
from payment_service.wiring import MIGRATIONS, PaymentService, in_memory, open_service
from simulators.psp import Fault, Kind, Operation, Psp
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

ADA = UUID("0190a000-0000-7000-8000-000000000001")
ORDER = UUID("0190a000-0000-7000-8000-00000000000f")
PAYMENT = UUID("0190a000-0000-7000-8000-0000000000aa")
REFUND = UUID("0190a000-0000-7000-8000-0000000000bb")
SECRET, SECRET_BEFORE = "whsec_now", "whsec_before"
HANG_SECONDS = 30.0
RETURN_URL = "http://shop.example/orders/1?tab=pay"


@dataclass
class HandClock:
    """A clock that the test moves. It starts now."""

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
    """How the provider waits: not at all, until the test holds it. It knows when a client would have given up."""

    free: asyncio.Event = field(default_factory=asyncio.Event)
    ran_out: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0
    """Calls that wait to be let go."""

    async def let_go(self) -> None:
        """What was held lands now, every call of it."""
        assert self.held, "nothing is under way"
        self.free.set()
        async with asyncio.timeout(10):
            while self.held:
                await asyncio.sleep(0)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        if seconds >= HANG_SECONDS:
            self.ran_out.set()
        if seconds != HANG_SECONDS:
            self.held += 1
            try:
                await self.free.wait()
            finally:
                self.held -= 1


@dataclass
class Wire(httpx2.AsyncBaseTransport):
    """The wire to the provider. `after` may break once the provider has answered, as a process that dies then."""

    inner: httpx2.AsyncBaseTransport
    patience: Patience
    before: Callable[[httpx2.Request], Awaitable[None]] | None = None
    after: Callable[[httpx2.Request], Awaitable[None]] | None = None
    requests: list[httpx2.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self.before is not None:
            await self.before(request)
        answer = await self._answer(request)
        if self.after is not None:
            await self.after(request)
        return answer

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, unless it takes longer than anybody waits: then what was sent goes its own way."""
        self.patience.ran_out.clear()
        asked = asyncio.ensure_future(self.inner.handle_async_request(request))
        bored = asyncio.ensure_future(self.patience.ran_out.wait())
        try:
            await asyncio.wait({asked, bored}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            bored.cancel()
        if self.patience.ran_out.is_set():
            asked.cancel()
            raise httpx2.ReadTimeout("no answer in time", request=request)
        return await asked

    def sent(self, operation: str) -> list[str]:
        """The idempotency keys of the calls of one kind, in order."""
        paths = [(each.method, each.url.path, each.headers.get("Idempotency-Key", "")) for each in self.requests]
        return [key for method, path, key in paths if method == "POST" and path.endswith(operation)]


class Ground(Protocol):
    """What the service stands on, as a test sees it."""

    service: PaymentService

    async def announced(self) -> list[Envelope]:
        """Everything said so far, in order."""
        ...

    async def later(self, seconds: float) -> None:
        """So much time passes."""
        ...


@dataclass
class MemoryGround:
    service: PaymentService
    clock: HandClock

    async def announced(self) -> list[Envelope]:
        store: MemoryStore = self.service.outbox.store  # type: ignore[union-attr]
        return [each.envelope for each in store.announced]

    async def later(self, seconds: float) -> None:
        self.clock.move(seconds=seconds)


AGEING = {
    "payment": ("due_at", "lease_until"),
    "refund": ("due_at", "lease_until", "first_sent_at"),
    "psp_event": ("due_at", "received_at"),
}


@dataclass
class TableGround:
    service: PaymentService
    clock: HandClock
    engine: AsyncEngine

    async def announced(self) -> list[Envelope]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT envelope FROM outbox ORDER BY created_at, id"))
            return [Envelope.model_validate(row.envelope) for row in rows]

    async def later(self, seconds: float) -> None:
        self.clock.move(seconds=seconds)
        async with self.engine.begin() as connection:
            for table, columns in AGEING.items():
                older = ", ".join(f"{column} = {column} - make_interval(secs => :seconds)" for column in columns)
                aged = text(f"UPDATE {table} SET {older}")  # noqa: S608 - our own names
                await connection.execute(aged, {"seconds": seconds})


@dataclass
class Shop:
    """The order service's side of the conversation, and the hands of the clock."""

    ground: Ground
    psp: Psp
    browser: httpx2.AsyncClient

    @property
    def service(self) -> PaymentService:
        return self.ground.service

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

    async def authorize_on_page(self, *, return_url: str | None = RETURN_URL) -> None:
        await self.service.authorize_payment(
            AuthorizePayment(
                order_id=ORDER,
                payment_id=PAYMENT,
                user_id=ADA,
                method_id=None,
                return_url=return_url,
                amount=3558,
                currency="EUR",
            )
        )

    async def page(self) -> str:
        """The page that the customer was told of last."""
        shown = [each for each in await self.ground.announced() if each.type.startswith("PaymentActionRequired")]
        return shown[-1].data["url"]

    async def press(self, button: str, *, page: str | None = None) -> str:
        """On the page, or on the bank's: where the customer is sent."""
        answer = await self.browser.post(page or await self.page(), data={"card": button, "answer": button})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

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
        while await self.service.settle.turn():
            pass

    async def later(self, *, seconds: float) -> None:
        await self.ground.later(seconds)

    async def settle_all(self) -> None:
        """Work, and let time pass, until nothing waits for the provider any more."""
        for _ in range(40):
            await self.settle()
            if not await self.service.authorize_payment.payments.unsettled():
                return
            await self.later(seconds=61)
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

    async def said(self) -> list[str]:
        """The types of all messages so far."""
        return [each.type.removesuffix(".v1") for each in await self.ground.announced()]

    async def last(self) -> dict[str, Any]:
        return (await self.ground.announced())[-1].data

    def truth(self, kind: str) -> list[int]:
        """The amounts of what really happened at the provider; of authorisations, those that are open."""
        found = [each for each in self.psp.facts() if each["kind"] == kind]
        return [each["amount"] for each in found if each.get("open", True) and each.get("status") != "failed"]

    def misbehave(self, kind: Kind, operation: Operation, *, times: int = 1, seconds: float = 1.0) -> None:
        self.psp.misbehave(Fault(kind, operation, times=times, seconds=seconds))

    def count(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0


@dataclass
class Tokens:
    """A verifier that knows whom it gave which token."""

    given: dict[str, Principal] = field(default_factory=dict)

    def of(self, user: UUID, role: str = "customer") -> dict[str, str]:
        """The header of this signed-in person."""
        self.given[f"token-of-{user}"] = Principal(user, uuid4(), frozenset({role}))
        return {"Authorization": f"Bearer token-of-{user}"}

    async def __call__(self, token: str) -> Principal:
        if token not in self.given:
            raise NotSignedIn
        return self.given[token]


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A customer's patience is real time: a machine that stands still for a moment must not fail a test."""
    monkeypatch.setattr(payment_methods, "PATIENCE_SECONDS", 60.0)


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
        return_url="http://shop.example/back",
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
        hang_seconds=HANG_SECONDS,
        now=lambda: clock.now().timestamp(),
        sleep=patience.sleep,
    )
    yield psp
    await psp.stop()


@pytest.fixture
def wire(psp: Psp, patience: Patience) -> Wire:
    return Wire(httpx2.ASGITransport(psp.app), patience)


@pytest.fixture
async def tables(emptied_database) -> AsyncGenerator[AsyncEngine]:
    """Our tables, as the service's own login sees them."""

    async def upgrade(made) -> None:
        await migrate(made.owner_url, MIGRATIONS)

    engine = create_async_engine((await emptied_database("payment", upgrade)).url)
    yield engine
    await engine.dispose()


@pytest.fixture
def memory_ground(settings: PaymentSettings, world: World, clock: HandClock, wire: Wire) -> MemoryGround:
    return MemoryGround(in_memory(settings, world, transport=wire), clock)


@pytest.fixture
async def table_ground(
    settings: PaymentSettings, world: World, clock: HandClock, wire: Wire, tables: AsyncEngine, monkeypatch
) -> AsyncGenerator[TableGround]:
    # The database's time runs by itself: what is put off must not become due before the test says so.
    monkeypatch.setattr(pace, "FIRST_PAUSE", 10.0)
    url = tables.url.render_as_string(hide_password=False)
    async with open_service(settings.model_copy(update={"database_url": url}), world, transport=wire) as service:
        yield TableGround(service, clock, tables)


@pytest.fixture(params=["memory", "postgres"])
def ground(request: pytest.FixtureRequest) -> Ground:
    """Both, one after the other: what is true on the twin is true on the real thing."""
    return request.getfixturevalue("memory_ground" if request.param == "memory" else "table_ground")


@pytest.fixture
def service(ground: Ground) -> PaymentService:
    return ground.service


@pytest.fixture
async def browser(psp: Psp) -> AsyncGenerator[httpx2.AsyncClient]:
    """A customer in front of the provider's pages."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(psp.app), base_url="http://psp") as browser:
        yield browser


@pytest.fixture
def shop(ground: Ground, psp: Psp, browser: httpx2.AsyncClient) -> Shop:
    return Shop(ground, psp, browser)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
async def client(
    service: PaymentService, settings: PaymentSettings, world: World, tokens: Tokens
) -> AsyncGenerator[httpx2.AsyncClient]:
    """The public door."""
    apps = create_apps(service, settings, verifier=tokens, health=Health(world))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.public), base_url="http://payment") as opened:
        yield opened


@pytest.fixture
def another() -> Callable[[], UUID]:
    return uuid4
