"""The five services on twins of their stores: the same wiring, use cases, consumers, relays and jobs as everywhere.

The twins belong to the house. Its processes come and go, and each wires everything anew on what is stored.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import notification_service.wiring
import notification_service.worker
import order_service.wiring
import order_service.worker
import payment_service.wiring
import payment_service.worker
import product_service.wiring
import product_service.worker
import user_service.wiring
import user_service.worker
from chassis.consuming import Dispatcher
from chassis.rate_limits import MemoryLimiter
from chassis.relay import Relay
from chassis.revocation import InMemoryRevocations
from chassis.server import Background
from chassis.worker import WorkerParts
from chassis.world import World
from notification_service.adapters.in_memory import InMemoryContacts
from notification_service.adapters.memory_feeds import InMemoryFeeds
from notification_service.adapters.memory_preferences import InMemoryPreferences, InMemorySmsBudget
from notification_service.settings import NotificationSettings
from notification_service.wiring import Stores
from order_service.adapters.in_memory import InMemoryCarts, InMemoryOrders
from order_service.settings import OrderSettings
from payment_service.adapters.in_memory import InMemoryPayments
from payment_service.adapters.payment_metrics import PaymentMetrics
from payment_service.settings import PaymentSettings
from product_service.adapters.in_memory_catalogue import InMemoryCatalogue
from product_service.adapters.in_memory_stock import InMemoryStock
from product_service.domain.product import Category, Product, Variant
from product_service.settings import ProductSettings
from user_service.adapters.in_memory import InMemoryAccounts
from user_service.domain.user import Credential
from user_service.ports import Check
from user_service.settings import UserSettings
from user_service.wiring import settings_for_one_run

from tests.simulation.broker import BrokerOf
from tests.simulation.ground import Ground
from tests.simulation.mail import Deliveries, Mailer, ShortTemplates
from tests.simulation.network import ProductsOverNetwork
from tests.simulation.processes import Life
from tests.simulation.provider import SECRET, URL, Provider, ProviderClient
from tests.simulation.store import Store

NOWHERE = "memory://"
SHOP = "http://localhost:8080"
MEASURING = ("count", "audit")
"""Jobs that only measure, whose names begin like this: they would cost much of a run and change nothing."""
GOODS: Mapping[str, tuple[int, int]] = {
    "APPLE": (9, 250),
    "BREAD": (20, 399),
    "CHAIR": (2, 12_900),
    "DRILL": (4, 8_950),
}
"""SKU -> pieces at first, net price. Few, so that people get in each other's way."""


HOLD_TTLS = ("PT40M", "PT40M", "PT40M", "PT10S")
"""Mostly longer than any payment takes; in some runs so short that orders come too late for their goods."""


class House(Protocol):
    """One service: its stored things, and how a process of it is wired on them."""

    name: str
    store: Store

    def wire(self, life: Life) -> Any: ...

    def parts(self, service: Any) -> WorkerParts: ...

    def facts(self) -> AsyncIterator[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class PlainHasher:
    """Passwords are not what a run is about."""

    async def hash(self, password: str) -> Credential:
        return Credential(password, "1")

    async def check(self, password: str, credential: Credential | None) -> Check:
        return Check(matches=credential is not None and credential.hash == password)


class UserHouse:
    name = "user"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.store = _store(ground, self.name)
        self._accounts = InMemoryAccounts(self.store)
        self._revocations = InMemoryRevocations(self.store)
        self.facts = self._accounts.facts

    async def id_of(self, email: str) -> UUID | None:
        """Who has this address."""
        async with self._accounts.transaction() as tx:
            found = await tx.users.by_email(email)
        return found.id if found is not None else None

    def wire(self, life: Life) -> user_service.wiring.UserService:
        world = self._ground.world(life.process)
        return user_service.wiring.wire(
            _user_settings(),
            world,
            self._accounts,
            MemoryLimiter(world),
            self.store.outbox,
            self._revocations,
            dead_letters=BrokerOf(self._ground.broker, life.process),
            facts=self.facts,
            store_answers=self.store.answers,
            hasher=PlainHasher(),
        )

    def parts(self, service: user_service.wiring.UserService) -> WorkerParts:
        return user_service.worker.parts(service)


class ProductHouse:
    name = "product"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.store = _store(ground, self.name)
        self._stock = InMemoryStock(self.store)
        self._catalogue = InMemoryCatalogue(self.store, self._stock)
        self._revocations = InMemoryRevocations(self.store)
        self.facts = self._stock.facts
        self._hold_ttl = ground.chance.of("warehouse").choice(HOLD_TTLS)
        with self.store.loading():
            self._catalogue.keep_category(Category("all", "All", "", None, 1))
            for sku, (pieces, price) in GOODS.items():
                prices = dict.fromkeys(("EUR", "USD", "GBP", "JPY"), price)
                variant = Variant(sku, {}, prices)
                product = Product(ground.ids.uuid7(), sku.lower(), sku, "", "all", "", {}, (), (variant,))
                self._catalogue.keep_product(product, initial={sku: pieces})

    def wire(self, life: Life) -> product_service.wiring.ProductService:
        return product_service.wiring.wire(
            _product_settings(self._hold_ttl),
            self._ground.world(life.process),
            self._catalogue,
            self._stock,
            dead_letters=BrokerOf(self._ground.broker, life.process),
            outbox=self.store.outbox,
            revocations=self._revocations,
            facts=self.facts,
            store_answers=self.store.answers,
        )

    def parts(self, service: product_service.wiring.ProductService) -> WorkerParts:
        return product_service.worker.parts(service)


class OrderHouse:
    name = "order"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.store = _store(ground, self.name)
        self.orders = InMemoryOrders(self.store)
        self._carts = InMemoryCarts(self.store)
        self._revocations = InMemoryRevocations(self.store)
        self.facts = self.orders.facts

    def wire(self, life: Life) -> order_service.wiring.OrderService:
        world = self._ground.world(life.process)
        return order_service.wiring.wire(
            _order_settings(),
            world,
            self.orders,
            self._carts,
            ProductsOverNetwork(self._ground, life),
            dead_letters=BrokerOf(self._ground.broker, life.process),
            limiter=MemoryLimiter(world),
            outbox=self.store.outbox,
            revocations=self._revocations,
            store_answers=self.store.answers,
        )

    def parts(self, service: order_service.wiring.OrderService) -> WorkerParts:
        return order_service.worker.parts(service)


class PaymentHouse:
    name = "payment"

    def __init__(self, ground: Ground, provider: Provider) -> None:
        self._ground = ground
        self._provider = provider
        self.store = _store(ground, self.name)
        self._payments = InMemoryPayments(self.store)
        self._revocations = InMemoryRevocations(self.store)
        self.facts = self._payments.facts
        self.unsettled = self._payments.unsettled

    def wire(self, life: Life) -> payment_service.wiring.PaymentService:
        return payment_service.wiring.wire(
            _payment_settings(),
            self._ground.world(life.process),
            self._payments,
            ProviderClient(self._provider, self._ground.weather, life),
            PaymentMetrics(),
            dead_letters=BrokerOf(self._ground.broker, life.process),
            outbox=self.store.outbox,
            revocations=self._revocations,
            store_answers=self.store.answers,
        )

    def parts(self, service: payment_service.wiring.PaymentService) -> WorkerParts:
        return payment_service.worker.parts(service)


class NotificationHouse:
    name = "notification"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.store = _store(ground, self.name)
        deliveries = Deliveries(self.store)
        deliveries.server = ground.mail
        self._stores = Stores(
            InMemoryContacts(self.store),
            deliveries,
            InMemoryFeeds(self.store),
            InMemoryPreferences(self.store),
            InMemorySmsBudget(self.store, _notification_settings().sms_limits),
            InMemoryRevocations(self.store),
        )
        self.facts = self._stores.facts

    def wire(self, life: Life) -> notification_service.wiring.NotificationService:
        return notification_service.wiring.wire(
            _notification_settings(),
            self._ground.world(life.process),
            self._stores,
            Mailer(self._ground.mail, self._ground.weather, life),
            None,
            dead_letters=BrokerOf(self._ground.broker, life.process),
            store_answers=self.store.answers,
            templates=ShortTemplates(),
        )

    def parts(self, service: notification_service.wiring.NotificationService) -> WorkerParts:
        return notification_service.worker.parts(service)


async def serve(house: House, life: Life) -> None:
    """An API process: it answers whoever asks `life.service`."""
    life.service = house.wire(life)
    await asyncio.Event().wait()


async def work(house: House, life: Life, ground: Ground) -> None:
    """A worker: consumers, relay and jobs, as `chassis.worker.running` starts them, without those that measure."""
    service = house.wire(life)
    parts, world = house.parts(service), ground.world(life.process)
    broker = BrokerOf(ground.broker, life.process)

    def went_round(job: str, outcome: str) -> None:
        if outcome == "failed":
            ground.bugs.append(f"the job {job} of {house.name} failed by a bug of its own")

    background = Background(world)
    for job in parts.jobs:
        if not job.name.startswith(MEASURING):
            background.start(f"{life.process.name}-{job.name}", job.forever(world, went_round))
    if parts.outbox is not None:
        relay = Relay(service=parts.service, outbox=parts.outbox, broker=broker, world=world)
        background.start(f"{life.process.name}-relay", relay.run())
    try:
        dispatch = Dispatcher(*parts.listeners, world=world)
        async with broker.consume(
            parts.service, dispatch, store_answers=parts.store_answers, concurrency=parts.concurrency
        ):
            life.service = service
            await background.watch()
    finally:
        life.service = None
        await background.stop()


def _store(ground: Ground, service: str) -> Store:
    return Store(ground.world(), service=service, weather=ground.weather, trace=ground.trace)


@cache
def _user_settings() -> UserSettings:
    # What is drawn for it here is never seen: nobody signs in.
    return settings_for_one_run(World())


@cache
def _product_settings(hold_ttl: str) -> ProductSettings:
    return ProductSettings(database_url=NOWHERE, broker_url=NOWHERE, user_url=NOWHERE, hold_ttl=hold_ttl)


@cache
def _order_settings() -> OrderSettings:
    return OrderSettings(
        mongo_url=NOWHERE,
        broker_url=NOWHERE,
        user_url=NOWHERE,
        product_url=NOWHERE,
        cart_secret="s" * 32,
        checkouts_per_minute=1000,
        checkouts_at_once=50,
    )


@cache
def _payment_settings() -> PaymentSettings:
    return PaymentSettings(
        database_url=NOWHERE,
        broker_url=NOWHERE,
        user_url=NOWHERE,
        provider_url=URL,
        provider_key="sk_test_simulation",
        webhook_secret=SECRET,
        return_url=f"{SHOP}/checkout/return",
        hands=2,
        look_every="PT2S",
    )


@cache
def _notification_settings() -> NotificationSettings:
    return NotificationSettings(
        mongo_url=NOWHERE, broker_url=NOWHERE, user_url=NOWHERE, smtp_host="memory", shop_url=SHOP
    )
