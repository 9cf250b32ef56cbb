"""Process 2 of notification: hears events, owes mails, sends them."""

from chassis.process import prepare, run_worker, start
from chassis.settings import load
from chassis.worker import WorkerParts
from chassis.world import World

from notification_service.consumers import listeners
from notification_service.settings import NotificationSettings
from notification_service.wiring import NotificationService, open_service


def parts(service: NotificationService) -> WorkerParts:
    """What runs in the background; the demo runs the same."""
    return WorkerParts(
        service="notification",
        store_answers=service.store_answers,
        metrics=service.metrics,
        listeners=listeners(service),
        jobs=service.jobs,
    )


async def run(settings: NotificationSettings) -> None:
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
    start(run(load(NotificationSettings)))
