"""The only room that knows both adapters and use cases."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from chassis.broker import DeadLetters, StoreProbe
from chassis.dead_letters import RabbitDeadLetters
from chassis.handing import handed
from chassis.health import Check
from chassis.jobs import Job
from chassis.memory import MemoryStore
from chassis.memory_broker import MemoryBroker
from chassis.outbox import Outbox
from chassis.pools import Pool
from chassis.revocation import InMemoryRevocations, Revocations, RevokedSessions
from chassis.world import World

from product_service.adapters.in_memory_catalogue import InMemoryCatalogue
from product_service.adapters.in_memory_stock import InMemoryStock
from product_service.adapters.product_metrics import ProductMetrics
from product_service.adapters.seed_catalogue import seed_catalogue
from product_service.ports import Catalogue, Stock
from product_service.settings import ProductSettings
from product_service.use_cases.add_product import AddProduct
from product_service.use_cases.adjust_stock import AdjustStock
from product_service.use_cases.archive_product import ArchiveProduct
from product_service.use_cases.change_product import ChangeProduct
from product_service.use_cases.commit_stock import CommitStock
from product_service.use_cases.expire_holds import ExpireHolds
from product_service.use_cases.fill_shop import FillShop
from product_service.use_cases.queries import (
    ListStocked,
    Quote,
    SeePicture,
    SeePictures,
    SeeProduct,
    ShowHold,
    ShowProduct,
    ShowStock,
)
from product_service.use_cases.release_stock import ReleaseStock
from product_service.use_cases.reserve_stock import ReserveStock
from product_service.use_cases.return_stock import ReturnStock

MIGRATIONS = Path(__file__).parents[2] / "migrations"
AUDIT_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ProductService:
    """Everything product can do, ready to be called."""

    catalogue: Catalogue
    stock: Stock
    see_product: SeeProduct
    see_picture: SeePicture
    see_pictures: SeePictures
    quote: Quote
    show_product: ShowProduct
    list_stocked: ListStocked
    add_product: AddProduct
    change_product: ChangeProduct
    archive_product: ArchiveProduct
    fill_shop: Callable[[], Awaitable[int]]
    show_stock: ShowStock
    show_hold: ShowHold
    adjust_stock: AdjustStock
    reserve_stock: ReserveStock
    commit_stock: CommitStock
    release_stock: ReleaseStock
    return_stock: ReturnStock
    jobs: Sequence[Job]
    world: World
    dead_letters: DeadLetters
    revoked: RevokedSessions
    store_answers: StoreProbe
    outbox: Outbox
    checks: Sequence[Check]
    metrics: ProductMetrics
    facts: Callable[[], AsyncIterator[dict[str, Any]]]


type CatalogueDep = Annotated[Catalogue, handed(lambda s: s.catalogue)]
type SeeProductDep = Annotated[SeeProduct, handed(lambda s: s.see_product)]
type SeePictureDep = Annotated[SeePicture, handed(lambda s: s.see_picture)]
type SeePicturesDep = Annotated[SeePictures, handed(lambda s: s.see_pictures)]
type QuoteDep = Annotated[Quote, handed(lambda s: s.quote)]
type ShowProductDep = Annotated[ShowProduct, handed(lambda s: s.show_product)]
type ListStockedDep = Annotated[ListStocked, handed(lambda s: s.list_stocked)]
type AddProductDep = Annotated[AddProduct, handed(lambda s: s.add_product)]
type ChangeProductDep = Annotated[ChangeProduct, handed(lambda s: s.change_product)]
type ArchiveProductDep = Annotated[ArchiveProduct, handed(lambda s: s.archive_product)]
type ShowStockDep = Annotated[ShowStock, handed(lambda s: s.show_stock)]
type ShowHoldDep = Annotated[ShowHold, handed(lambda s: s.show_hold)]
type AdjustStockDep = Annotated[AdjustStock, handed(lambda s: s.adjust_stock)]
type WorldDep = Annotated[World, handed(lambda s: s.world)]


@asynccontextmanager
async def open_service(settings: ProductSettings, world: World) -> AsyncGenerator[ProductService]:
    """On PostgreSQL."""
    # Imported here, so that the demo, which needs none of them, starts without the drivers.
    from chassis.database import Database
    from chassis.outbox_relay import TableOutbox
    from chassis.revocation_table import RevocationTable
    from chassis.schema_version import schema_check

    from product_service.adapters.catalogue_database import CatalogueDatabase
    from product_service.adapters.stock_database import StockDatabase

    database = Database(settings.database_url)
    stock = StockDatabase(database, world)
    try:
        yield wire(
            settings,
            world,
            CatalogueDatabase(database, world),
            stock,
            outbox=TableOutbox(settings.database_url, world=world),
            revocations=RevocationTable(database),
            facts=stock.facts,
            dead_letters=RabbitDeadLetters(settings.broker_url, world),
            store_answers=database.answers,
            checks=[database.faults, schema_check(database, MIGRATIONS)],
            pools=[database.pool],
        )
    finally:
        await database.close()


def in_memory(settings: ProductSettings, world: World, *, broker: DeadLetters | None = None) -> ProductService:
    """On the twins in memory, with the sample catalogue on the shelves."""
    store = MemoryStore(world)
    stock = InMemoryStock(store)
    catalogue = InMemoryCatalogue(store, stock)
    with store.loading():
        goods = seed_catalogue()
        for category in goods.categories:
            catalogue.keep_category(category)
        for product, pieces in goods.products:
            catalogue.keep_product(product, initial=pieces)
    return wire(
        settings,
        world,
        catalogue,
        stock,
        outbox=store.outbox,
        revocations=InMemoryRevocations(store),
        facts=stock.facts,
        dead_letters=broker or MemoryBroker({}, world),
    )


def wire(
    settings: ProductSettings,
    world: World,
    catalogue: Catalogue,
    stock: Stock,
    *,
    dead_letters: DeadLetters,
    outbox: Outbox,
    revocations: Revocations,
    facts: Callable[[], AsyncIterator[dict[str, Any]]],
    store_answers: StoreProbe | None = None,
    checks: Sequence[Check] = (),
    pools: Sequence[Pool] = (),
) -> ProductService:
    """On these parts, whichever they are: twins that outlive the process that works on them, for the simulator."""
    metrics = ProductMetrics()
    metrics.pools.add(*pools)
    return ProductService(
        catalogue=catalogue,
        stock=stock,
        see_product=SeeProduct(catalogue),
        see_picture=SeePicture(catalogue),
        see_pictures=SeePictures(catalogue),
        quote=Quote(catalogue),
        show_product=ShowProduct(catalogue),
        list_stocked=ListStocked(catalogue),
        add_product=AddProduct(catalogue),
        change_product=ChangeProduct(catalogue),
        archive_product=ArchiveProduct(catalogue),
        fill_shop=lambda: _fill(catalogue),
        show_stock=ShowStock(stock),
        show_hold=ShowHold(stock),
        adjust_stock=AdjustStock(stock, world),
        reserve_stock=ReserveStock(stock, settings.hold_ttl, world, metrics.held),
        commit_stock=CommitStock(stock, world),
        release_stock=ReleaseStock(stock, world),
        return_stock=ReturnStock(stock, world),
        jobs=[
            Job("expire-holds", settings.expire_every, _expiring(ExpireHolds(stock, world), metrics)),
            Job("audit", AUDIT_EVERY, _auditing(stock, metrics)),
        ],
        world=world,
        dead_letters=dead_letters,
        revoked=RevokedSessions(revocations, world),
        store_answers=store_answers or _always,
        outbox=outbox,
        checks=checks,
        metrics=metrics,
        facts=facts,
    )


def _expiring(expire: ExpireHolds, metrics: ProductMetrics) -> Callable[[], Awaitable[int]]:
    async def expire_and_count() -> int:
        expired = await expire()
        metrics.expired(expired)
        return expired

    return expire_and_count


def _auditing(stock: Stock, metrics: ProductMetrics) -> Callable[[], Awaitable[int]]:
    async def audit() -> int:
        for invariant, count in (await stock.violations()).items():
            metrics.violations.labels(invariant).set(count)
        return 0

    return audit


async def _fill(catalogue: Catalogue) -> int:
    goods = seed_catalogue()
    return await FillShop(catalogue, goods.categories, goods.products)()


async def _always() -> bool:
    return True
