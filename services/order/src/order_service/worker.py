"""Process 2 of order: hears replies, advances the saga, sweeps."""

from chassis.process import prepare, run_worker, start
from chassis.settings import load
from chassis.worker import WorkerParts
from chassis.world import World

from order_service.consumers import listeners
from order_service.settings import OrderSettings
from order_service.wiring import OrderService, open_service


def parts(service: OrderService) -> WorkerParts:
    """What runs in the background; the demo runs the same."""
    return WorkerParts(
        service="order",
        store_answers=service.store_answers,
        metrics=service.metrics,
        listeners=listeners(service),
        outbox=service.outbox,
        jobs=service.jobs,
    )


async def run(settings: OrderSettings) -> None:
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
    start(run(load(OrderSettings)))
