"""Process 2 of user: sends what was announced, hears which sessions have ended, cleans up what is over."""

from chassis.process import prepare, run_worker, start
from chassis.settings import load
from chassis.worker import ON_TABLES, WorkerParts
from chassis.world import World

from user_service.consumers import listeners
from user_service.settings import UserSettings
from user_service.wiring import UserService, open_service


def parts(service: UserService) -> WorkerParts:
    """What runs in the background; the demo runs the same."""
    return WorkerParts(
        service="user",
        store_answers=service.store_answers,
        metrics=service.metrics,
        listeners=listeners(service),
        outbox=service.outbox,
        jobs=service.jobs,
        concurrency=ON_TABLES,
    )


async def run(settings: UserSettings) -> None:
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
    start(run(load(UserSettings)))
