"""Process 1 of payment: saved methods for customers, webhooks for the provider."""

from chassis import app, dead_letter_routes
from chassis.auth import Verifier
from chassis.authz import read_table
from chassis.health import Health
from chassis.keys import remote_verifier
from chassis.process import prepare, run_api, start
from chassis.settings import load
from chassis.world import World

from payment_service.api import routes, staff_routes
from payment_service.api.refusals import REFUSALS
from payment_service.settings import PaymentSettings
from payment_service.wiring import PaymentService, open_service


def create_apps(service: PaymentService, settings: PaymentSettings, *, verifier: Verifier, health: Health) -> app.Apps:
    """The two HTTP apps of this service."""
    return app.build(
        service=service,
        title="Mercato payment",
        public=[routes.router, staff_routes.router, dead_letter_routes.router("payment")],
        authz_=read_table("payment_service.api"),
        refusals=REFUSALS,
        verifier=verifier,
        health_=health,
        metrics_=service.metrics,
        facts_=service.facts if settings.development_door else None,
        max_in_flight=settings.max_in_flight,
    )


async def run(settings: PaymentSettings) -> None:
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
    start(run(load(PaymentSettings)))
