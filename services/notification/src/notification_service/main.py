"""Process 1 of notification: everybody's own feed, and the stream of it."""

from chassis import app, dead_letter_routes
from chassis.auth import Verifier
from chassis.authz import read_table
from chassis.health import Health
from chassis.keys import remote_verifier
from chassis.process import prepare, run_api, start
from chassis.settings import load
from chassis.world import World

from notification_service.api import feed_routes, preference_routes, staff_routes
from notification_service.api.refusals import REFUSALS
from notification_service.settings import NotificationSettings
from notification_service.wiring import NotificationService, open_service


def create_apps(
    service: NotificationService, settings: NotificationSettings, *, verifier: Verifier, health: Health
) -> app.Apps:
    """The two HTTP apps of this service."""
    health.when_leaving(service.live_feeds.leave)
    return app.build(
        service=service,
        title="Mercato notification",
        public=[
            feed_routes.router,
            preference_routes.router,
            staff_routes.router,
            dead_letter_routes.router("notification"),
        ],
        authz_=read_table("notification_service.api"),
        refusals=REFUSALS,
        verifier=verifier,
        health_=health,
        metrics_=service.metrics,
        facts_=service.facts if settings.development_door else None,
        max_in_flight=settings.max_in_flight,
    )


async def run(settings: NotificationSettings) -> None:
    """Serve until SIGTERM."""
    prepare(settings)
    world = World()
    async with (
        open_service(settings, world) as service,
        remote_verifier(settings.user_url, world, service.revoked) as verifier,
    ):
        await run_api(
            lambda health: create_apps(service, settings, verifier=verifier, health=health),
            settings=settings,
            checks=service.checks,
            world=world,
            revoked=service.revoked,
        )


if __name__ == "__main__":
    start(run(load(NotificationSettings)))
