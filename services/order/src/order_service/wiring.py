"""The only room that knows both adapters and use cases."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

import httpx2
from chassis.broker import DeadLetters, StoreProbe
from chassis.dead_letters import RabbitDeadLetters
from chassis.handing import handed
from chassis.health import Check
from chassis.http import ServiceClient
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.outbox import Outbox
from chassis.pools import Pool
from chassis.rate_limits import Limiter, MemoryLimiter, Rule
from chassis.revocation import InMemoryRevocations, Revocations, RevokedSessions
from chassis.world import World

from order_service.adapters.in_memory import InMemoryCarts, InMemoryOrders
from order_service.adapters.order_metrics import OrderMetrics
from order_service.adapters.product_client import ProductClient
from order_service.adapters.signed_carts import CartIds
from order_service.domain.states import State
from order_service.ports import AllOrders, Carts, Orders, Products
from order_service.settings import OrderSettings
from order_service.use_cases.advance_order import AdvanceOrder
from order_service.use_cases.after_the_sale import DeliverOrder, ShipOrder
from order_service.use_cases.cancel_order import CancelAnyOrder, CancelOrder
from order_service.use_cases.cart_lines import LookAtCart, PutLine, RemoveLine
from order_service.use_cases.carts import ChangeCart, CurrentCart, FindCart, MergeCart, OpenCart
from order_service.use_cases.checkout_gate import CheckoutGate
from order_service.use_cases.make_quote import MakeQuote
from order_service.use_cases.place_order import PlaceOrder
from order_service.use_cases.refund_order import RefundOrder
from order_service.use_cases.see_figures import SeeFigures
from order_service.use_cases.see_orders import FindOrders, ListOrders, SeeAnyOrder, SeeMessages, SeeOrder
from order_service.use_cases.sweep import Sweep

COUNT_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class OrderService:
    """Everything order can do, ready to be called."""

    cart_ids: CartIds
    open_cart: OpenCart
    find_cart: FindCart
    current_cart: CurrentCart
    merge_cart: MergeCart
    look_at_cart: LookAtCart
    put_line: PutLine
    remove_line: RemoveLine
    make_quote: MakeQuote
    place_order: PlaceOrder
    see_order: SeeOrder
    list_orders: ListOrders
    see_any_order: SeeAnyOrder
    see_messages: SeeMessages
    find_orders: FindOrders
    see_figures: SeeFigures
    cancel_order: CancelOrder
    cancel_any_order: CancelAnyOrder
    ship_order: ShipOrder
    deliver_order: DeliverOrder
    refund_order: RefundOrder
    world: World
    advance_order: AdvanceOrder
    sweep: Sweep
    jobs: Sequence[Job]
    dead_letters: DeadLetters
    revoked: RevokedSessions
    store_answers: StoreProbe
    outbox: Outbox | None
    checks: Sequence[Check]
    metrics: OrderMetrics
    facts: Callable[[], AsyncIterator[dict[str, Any]]]


type CartIdsDep = Annotated[CartIds, handed(lambda s: s.cart_ids)]
type OpenCartDep = Annotated[OpenCart, handed(lambda s: s.open_cart)]
type FindCartDep = Annotated[FindCart, handed(lambda s: s.find_cart)]
type CurrentCartDep = Annotated[CurrentCart, handed(lambda s: s.current_cart)]
type MergeCartDep = Annotated[MergeCart, handed(lambda s: s.merge_cart)]
type LookAtCartDep = Annotated[LookAtCart, handed(lambda s: s.look_at_cart)]
type PutLineDep = Annotated[PutLine, handed(lambda s: s.put_line)]
type RemoveLineDep = Annotated[RemoveLine, handed(lambda s: s.remove_line)]
type MakeQuoteDep = Annotated[MakeQuote, handed(lambda s: s.make_quote)]
type PlaceOrderDep = Annotated[PlaceOrder, handed(lambda s: s.place_order)]
type SeeOrderDep = Annotated[SeeOrder, handed(lambda s: s.see_order)]
type ListOrdersDep = Annotated[ListOrders, handed(lambda s: s.list_orders)]
type CancelOrderDep = Annotated[CancelOrder, handed(lambda s: s.cancel_order)]
type CancelAnyOrderDep = Annotated[CancelAnyOrder, handed(lambda s: s.cancel_any_order)]
type SeeAnyOrderDep = Annotated[SeeAnyOrder, handed(lambda s: s.see_any_order)]
type SeeMessagesDep = Annotated[SeeMessages, handed(lambda s: s.see_messages)]
type FindOrdersDep = Annotated[FindOrders, handed(lambda s: s.find_orders)]
type SeeFiguresDep = Annotated[SeeFigures, handed(lambda s: s.see_figures)]
type ShipOrderDep = Annotated[ShipOrder, handed(lambda s: s.ship_order)]
type DeliverOrderDep = Annotated[DeliverOrder, handed(lambda s: s.deliver_order)]
type RefundOrderDep = Annotated[RefundOrder, handed(lambda s: s.refund_order)]
type WorldDep = Annotated[World, handed(lambda s: s.world)]


@asynccontextmanager
async def open_service(
    settings: OrderSettings, world: World, *, transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncGenerator[OrderService]:
    """On MongoDB; product is asked over HTTP, or through `transport`."""
    # Imported here, so that the demo, which needs none of them, starts without the drivers.
    from chassis.documents import Documents
    from chassis.redis_limiter import RedisLimiter
    from chassis.revocation_documents import RevocationDocuments

    from order_service.adapters.cart_documents import CartDocuments
    from order_service.adapters.document_outbox import DocumentOutbox
    from order_service.adapters.order_documents import OrderDocuments
    from order_service.adapters.schema import store_faults

    documents = Documents(settings.mongo_url, settings.mongo_database)
    product = ServiceClient("product", settings.product_url, world=world, transport=transport)

    limiter = RedisLimiter(settings.redis_url, world) if settings.redis_url else MemoryLimiter(world)
    try:
        yield wire(
            settings,
            world,
            OrderDocuments(documents, world),
            CartDocuments(documents),
            ProductClient(product),
            limiter=limiter,
            outbox=DocumentOutbox(documents, world, lease=settings.relay_lease),
            revocations=RevocationDocuments(documents),
            dead_letters=RabbitDeadLetters(settings.broker_url, world),
            store_answers=documents.answers,
            checks=[documents.faults, partial(store_faults, documents)],
            pools=[documents.pool, *([limiter.pool] if isinstance(limiter, RedisLimiter) else [])],
        )
    finally:
        await limiter.close()
        await product.close()
        await documents.close()


def in_memory(
    settings: OrderSettings, world: World, *, transport: httpx2.AsyncBaseTransport, broker: DeadLetters | None = None
) -> OrderService:
    """On the twins in memory; product is reached through `transport`, such as its app in this process."""
    store = MemoryStore(world)
    product = ServiceClient("product", settings.product_url, world=world, transport=transport)
    return wire(
        settings,
        world,
        InMemoryOrders(store),
        InMemoryCarts(store),
        ProductClient(product),
        limiter=MemoryLimiter(world),
        outbox=store.outbox,
        revocations=InMemoryRevocations(store),
        dead_letters=broker or MemoryBroker({}, world),
    )


def wire(
    settings: OrderSettings,
    world: World,
    orders: AllOrders,
    carts: Carts,
    products: Products,
    *,
    dead_letters: DeadLetters,
    limiter: Limiter,
    outbox: Outbox,
    revocations: Revocations,
    store_answers: Callable[[], Awaitable[bool]] | None = None,
    checks: Sequence[Check] = (),
    pools: Sequence[Pool] = (),
) -> OrderService:
    """On these parts, whichever they are: twins that outlive the process that works on them, for the simulator."""
    metrics = OrderMetrics()
    metrics.pools.add(*pools)
    find, open_cart = FindCart(carts), OpenCart(carts, world)
    change, current = ChangeCart(carts, orders), CurrentCart(carts, orders, open_cart)
    quote = MakeQuote(find, products)
    sweep = Sweep(orders, metrics, world)
    hosts = frozenset(host.strip() for host in settings.return_hosts.split(","))
    return OrderService(
        cart_ids=CartIds(settings.cart_secret.get_secret_value()),
        open_cart=open_cart,
        find_cart=find,
        current_cart=current,
        merge_cart=MergeCart(carts, orders, current, change),
        look_at_cart=LookAtCart(products),
        put_line=PutLine(find, change, products),
        remove_line=RemoveLine(change),
        make_quote=quote,
        place_order=PlaceOrder(orders, carts, quote, metrics, _gate(settings, world, orders, limiter), hosts, world),
        see_order=SeeOrder(orders, world),
        list_orders=ListOrders(orders),
        see_any_order=SeeAnyOrder(orders),
        see_messages=SeeMessages(orders),
        find_orders=FindOrders(orders),
        see_figures=SeeFigures(orders, world),
        cancel_order=CancelOrder(orders, world),
        cancel_any_order=CancelAnyOrder(orders, world),
        ship_order=ShipOrder(orders, world),
        deliver_order=DeliverOrder(orders, world),
        refund_order=RefundOrder(orders, world),
        world=world,
        advance_order=AdvanceOrder(orders, metrics, world),
        sweep=sweep,
        jobs=[
            Job("sweep", settings.sweep_every, sweep),
            Job("count-open", COUNT_EVERY, _counting(orders, metrics, world)),
        ],
        dead_letters=dead_letters,
        revoked=RevokedSessions(revocations, world),
        store_answers=store_answers or _always,
        outbox=outbox,
        checks=checks,
        metrics=metrics,
        facts=orders.facts,
    )


def _gate(settings: OrderSettings, world: World, orders: Orders, limiter: Limiter) -> CheckoutGate:
    return CheckoutGate(
        orders,
        limiter,
        each=Rule("checkouts", settings.checkouts_per_minute, timedelta(minutes=1)),
        at_once=settings.checkouts_at_once,
        full_at=settings.full_at,
        world=world,
    )


def _counting(orders: AllOrders, metrics: OrderMetrics, world: World) -> Callable[[], Awaitable[int]]:
    async def count_open() -> int:
        found = await orders.waiting()
        now = world.clock.now()
        for state in State:
            here = found.get(state.value)
            metrics.open.labels(state.value).set(here.count if here else 0)
            metrics.oldest.labels(state.value).set((now - here.since).total_seconds() if here else 0)
        metrics.overdue.set(await orders.count_overdue(now))
        return 0

    return count_open


async def _always() -> bool:
    return True
