"""A provider and a mail catcher on real sockets, and the official clients that talk to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe
import uvicorn
from fastapi import FastAPI
from simulators.psp import Psp

SECRET = "whsec_test"
DEADLINE_SECONDS = 10.0

type Serve = Callable[[FastAPI], Awaitable[str]]
type Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves apps on free ports of the loopback until the test ends."""
    running: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    async def start(app: FastAPI) -> str:
        config = uvicorn.Config(app, port=0, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        running.append((server, asyncio.create_task(server._serve())))
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not server.started:
                await asyncio.sleep(0.005)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield start
    for server, task in running:
        server.should_exit = True
        await task


@pytest.fixture
def eventually() -> Eventually:
    """Waits for a condition, with a deadline."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():
                await asyncio.sleep(0.005)

    return wait


@dataclass(slots=True)
class Shop:
    """The shop's door for webhooks: takes what comes, or answers with what it was told."""

    answers: list[int] = field(default_factory=list)
    taken: list[tuple[bytes, str]] = field(default_factory=list)

    async def deliver(self, body: bytes, signature: str) -> int:
        status = self.answers.pop(0) if self.answers else 200
        self.taken.append((body, signature))
        return status

    @property
    def events(self) -> list[stripe.Event]:
        """What arrived, with the signature checked by the official library."""
        return [stripe.Webhook.construct_event(body, signature, SECRET) for body, signature in self.taken]

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.events]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def psp(shop: Shop) -> AsyncIterator[Psp]:
    provider = Psp(webhook_secret=SECRET, deliver=shop.deliver, hang_seconds=60)
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
async def url(psp: Psp, serve: Serve) -> str:
    return await serve(psp.app)


class Transport(stripe.HTTPXClient):
    """The official one, handing over its bodies as httpx wants them; the old way is a warning, and here an error."""

    def _get_request_args_kwargs(self, *request: Any) -> Any:
        args, options = super()._get_request_args_kwargs(*request)
        return args, {"content": options.pop("data") or None, **options}


type Connect = Callable[..., stripe.StripeClient]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes official clients, without retries of their own, and closes them."""
    transports: list[Transport] = []

    def make(url: str, *, api_key: str = "sk_test_1", timeout: float = 5.0) -> stripe.StripeClient:
        transport = Transport(timeout=timeout)
        transports.append(transport)
        return stripe.StripeClient(api_key, base_addresses={"api": url}, http_client=transport, max_network_retries=0)

    yield make
    for transport in transports:
        await transport.close_async()


@pytest.fixture
def client(url: str, connect: Connect) -> stripe.StripeClient:
    return connect(url)


@pytest.fixture
def buy(client: stripe.StripeClient) -> Callable[..., Awaitable[Any]]:
    """An unconfirmed intent over 25.00, as the shop creates it."""

    async def create(card: str = "pm_card_visa", *, order: str = "o-1", **options: Any) -> stripe.PaymentIntent:
        return await client.v1.payment_intents.create_async(
            {
                "amount": 2500,
                "currency": "eur",
                "capture_method": "manual",
                "payment_method": card,
                "metadata": {"order_id": order, "payment_id": f"pay-{order}"},
            },
            options,
        )

    return create
