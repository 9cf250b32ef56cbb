"""The doors by which the shop writes into each store; who comes back from `write` has been promised that it is kept."""

import json
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Protocol
from uuid import UUID, uuid4

import aio_pika
import httpx2
from chassis import topology
from chassis.documents import Documents
from chassis.faults import BrokerDown, StoreUnavailable
from chassis.messages import Contract, Outgoing, seal
from chassis.migrations import migrate
from chassis.rabbit_broker import RabbitBroker
from chassis.world import World
from contracts.order import OrderProgressed
from contracts.payment import CapturePayment
from contracts.product import CommitStock
from contracts.rabbitmq import definitions
from order_service.adapters.order_documents import OrderDocuments
from order_service.adapters.schema import make_schema
from order_service.domain import saga
from order_service.domain.address import Address
from order_service.domain.order import place
from order_service.domain.quote import Offer, make_quote
from order_service.domain.saga_table import Trigger
from order_service.domain.states import Command
from product_service.settings import ProductSettings
from product_service.wiring import MIGRATIONS, ProductService, open_service
from testkit.stores.databases import create_database
from testkit.stores.mongo import Mongo
from testkit.stores.postgres import Postgres
from testkit.stores.rabbit import Rabbit

HOME = Address("Ada Lovelace", "Unter den Linden 1", None, "Berlin", "10117", "DE", "+49 30 123456")
OFFER = Offer("TEA-1", "tea", "Tea", {}, "/tea.svg", 450, 10)
UNKNOWN = (StoreUnavailable, BrokerDown)
"""It may be written, or not: nothing was promised."""

BATCHES = 20
"""On one connection to the broker."""

Note = tuple[UUID, str]
"""What was written, as far as anybody was told: of which order, and what."""


class Door(Protocol):
    def write(self) -> AsyncGenerator[Note]:
        """Some work; each note as soon as it is acknowledged. Raises StoreUnavailable or BrokerDown."""
        ...

    async def stored(self) -> Collection[Note]:
        """All that is there."""
        ...


@dataclass
class HoldsInPostgres:
    """Product's unit of work: a hold, its lines, the shelf's ledger and the answer to the order, in one transaction."""

    product: ProductService
    skus: Iterator[str]

    async def write(self) -> AsyncGenerator[Note]:
        order_id = uuid4()
        await self.product.reserve_stock(order_id=order_id, lines=[(next(self.skus), 1)])
        yield order_id, "hold"
        yield order_id, "answer"

    async def stored(self) -> set[Note]:
        facts = [fact async for fact in self.product.facts()]
        holds = {(UUID(fact["order_id"]), "hold") for fact in facts if fact["kind"] == "hold"}
        return holds | {(UUID(fact["aggregate_id"]), "answer") for fact in facts if fact["kind"] == "outbox"}


@asynccontextmanager
async def holds_in(postgres: Postgres) -> AsyncGenerator[HoldsInPostgres]:
    database = await create_database(postgres.url, "product", f"product_{uuid4().hex[:8]}")
    await migrate(database.owner_url, MIGRATIONS)
    settings = ProductSettings(database_url=database.url, broker_url="amqp://unused", user_url="http://unused")
    async with open_service(settings, World()) as product:
        await product.fill_shop()
        skus = [fact["sku"] async for fact in product.facts() if fact["kind"] == "stock"]
        yield HoldsInPostgres(product, cycle(skus))


@dataclass
class OrdersInMongo:
    """Order's documents: an order with its command, then a step of the saga."""

    orders: OrderDocuments
    world: World = field(default_factory=World)

    async def write(self) -> AsyncGenerator[Note]:
        now, order_id = self.world.clock.now(), self.world.ids.uuid7()
        order = place(
            make_quote(currency="EUR", country="DE", shipping_method="standard", basket=[(OFFER, 2)]),
            order_id=order_id,
            user_id=uuid4(),
            cart_id=uuid4(),
            key=str(uuid4()),
            request_hash="f" * 64,
            address=HOME,
            method_id=uuid4(),
            now=now,
            retry_at=now + timedelta(seconds=5),
        )
        await self.orders.add(order, [Command.RESERVE_STOCK])
        yield order_id, "version 1"
        yield order_id, "ReserveStock.v1"
        step = saga.advance(order, Trigger.STOCK_RESERVED, now=now)
        assert step is not None
        assert await self.orders.save(step.order, step.says)
        yield order_id, "version 2"
        yield order_id, "AuthorizePayment.v1"
        yield order_id, "OrderProgressed.v1"

    async def stored(self) -> set[Note]:
        found: set[Note] = set()
        async for fact in self.orders.facts():
            if fact["kind"] == "order":
                found |= {(UUID(fact["id"]), f"version {each['version']}") for each in fact["history"]}
            else:
                found.add((UUID(fact["aggregate_id"]), fact["type"]))
        return found


@asynccontextmanager
async def orders_in(mongo: Mongo) -> AsyncGenerator[OrdersInMongo]:
    documents = Documents(mongo.url, f"order_{uuid4().hex[:8]}")
    try:
        await make_schema(documents)
        yield OrdersInMongo(OrderDocuments(documents, World()))
    finally:
        await documents.close()


@dataclass
class MessagesInRabbit:
    """The relay's line: mandatory, persistent, confirmed, into quorum queues under our policies."""

    broker: RabbitBroker
    url: str
    world: World = field(default_factory=World)

    async def write(self) -> AsyncGenerator[Note]:
        async with self.broker.line("order") as line:
            for _ in range(BATCHES):
                order_id = uuid4()
                batch = {each.id: each for each in self._batch(order_id)}
                for each in await line.publish(list(batch.values())):
                    yield order_id, batch[each].routing_key

    def _batch(self, order_id: UUID) -> list[Outgoing]:
        """One for each of three queues."""
        said: list[Contract] = [
            CommitStock(order_id=order_id),
            CapturePayment(order_id=order_id, payment_id=uuid4()),
            OrderProgressed(order_id=order_id, user_id=uuid4(), number="M-7K3Q-92TD", state="COMMITTED"),
        ]
        return [seal(each, world=self.world) for each in said]

    async def stored(self) -> set[Note]:
        found: set[Note] = set()
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            for service in ("product", "payment", "notification"):
                queue = await channel.get_queue(f"{service}.work", ensure=False)
                while (message := await queue.get(no_ack=True, fail=False)) is not None:
                    envelope = json.loads(message.body)
                    found.add((UUID(envelope["aggregate_id"]), envelope["type"]))
        return found


async def messages_in(rabbit: Rabbit) -> MessagesInRabbit:
    vhost, admin = f"kept-{uuid4().hex[:8]}", rabbit.management_url
    async with httpx2.AsyncClient(base_url=admin, timeout=20) as client:
        (await client.put(f"/api/vhosts/{vhost}")).raise_for_status()
    await topology.apply(admin, definitions(vhost=vhost), vhost=vhost)
    url = f"{rabbit.url.rstrip('/')}/{vhost}"
    return MessagesInRabbit(RabbitBroker(url, world=World()), url)
