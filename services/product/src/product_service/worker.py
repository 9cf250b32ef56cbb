"""Process 2 of product: obeys the commands about stock, and lets go of what was held for too long."""

from chassis.process import prepare, run_worker, start
from chassis.settings import load
from chassis.worker import ON_TABLES, WorkerParts
from chassis.world import World

from product_service.consumers import listeners
from product_service.settings import ProductSettings
from product_service.wiring import ProductService, open_service


def parts(service: ProductService) -> WorkerParts:
    """What runs in the background; the demo runs the same."""
    return WorkerParts(
        service="product",
        store_answers=service.store_answers,
        metrics=service.metrics,
        listeners=listeners(service),
        outbox=service.outbox,
        jobs=service.jobs,
        concurrency=ON_TABLES,
    )


async def run(settings: ProductSettings) -> None:
    """Work until SIGTERM."""
    from chassis.rabbit_broker import RabbitBroker

    prepare(settings)
    world = World()
    async with open_service(settings, world) as service:
        await run_worker(
            parts(service),
            settings=settings,
            broker=RabbitBroker(settings.broker_url, world=world),
            checks=service.checks,
            world=world,
        )


if __name__ == "__main__":
    start(run(load(ProductSettings)))
