"""Process 2 of payment: obeys commands, and does at the provider what they ask for."""

from chassis.process import prepare, run_worker, start
from chassis.settings import load
from chassis.worker import ON_TABLES, WorkerParts
from chassis.world import World

from payment_service.consumers import listeners
from payment_service.settings import PaymentSettings
from payment_service.wiring import PaymentService, open_service


def parts(service: PaymentService) -> WorkerParts:
    """What runs in the background; the demo runs the same."""
    return WorkerParts(
        service="payment",
        store_answers=service.store_answers,
        metrics=service.metrics,
        listeners=listeners(service),
        outbox=service.outbox,
        jobs=service.jobs,
        concurrency=ON_TABLES,
    )


async def run(settings: PaymentSettings) -> None:
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
    start(run(load(PaymentSettings)))
