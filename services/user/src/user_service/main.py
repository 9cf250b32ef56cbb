"""Process 1 of user: the HTTP API."""

from chassis import app, dead_letter_routes
from chassis.auth import Verifier
from chassis.authz import read_table
from chassis.health import Health
from chassis.process import prepare, run_api, start
from chassis.settings import load
from chassis.world import World

from user_service.api import me_routes, routes, session_routes
from user_service.api.refusals import REFUSALS
from user_service.settings import UserSettings
from user_service.wiring import UserService, open_service


def create_apps(service: UserService, settings: UserSettings, *, verifier: Verifier, health: Health) -> app.Apps:
    """The two HTTP apps of this service."""
    return app.build(
        service=service,
        title="Mercato user",
        public=[routes.router, session_routes.router, me_routes.router, dead_letter_routes.router("user")],
        authz_=read_table("user_service.api"),
        refusals=REFUSALS,
        verifier=verifier,
        health_=health,
        metrics_=service.metrics,
        facts_=service.facts if settings.development_door else None,
        max_in_flight=settings.max_in_flight,
    )


async def run(settings: UserSettings) -> None:
    """Serve until SIGTERM."""
    prepare(settings)
    world = World()
    async with open_service(settings, world) as service:
        verifier = service.verifier(world)
        await run_api(
            lambda health: create_apps(service, settings, verifier=verifier, health=health),
            settings=settings,
            checks=service.checks,
            world=world,
            revoked=service.revoked,
        )


if __name__ == "__main__":
    start(run(load(UserSettings)))
