"""Process 1 of order: carts, quotes, orders for customers."""

from chassis import app, dead_letter_routes
from chassis.auth import Verifier
from chassis.authz import read_table
from chassis.health import Health
from chassis.keys import remote_verifier
from chassis.process import prepare, run_api, start
from chassis.settings import load
from chassis.world import World

from order_service.api import cart_routes, figure_routes, order_routes, staff_routes
from order_service.api.refusals import REFUSALS
from order_service.settings import OrderSettings
from order_service.wiring import OrderService, open_service


def create_apps(service: OrderService, settings: OrderSettings, *, verifier: Verifier, health: Health) -> app.Apps:
    """The two HTTP apps of this service."""
    return app.build(
        service=service,
        title="Mercato order",
        public=[
            cart_routes.router,
            order_routes.router,
            staff_routes.router,
            figure_routes.router,
            dead_letter_routes.router("order"),
        ],
        authz_=read_table("order_service.api"),
        refusals=REFUSALS,
        verifier=verifier,
        health_=health,
        metrics_=service.metrics,
        facts_=service.facts if settings.development_door else None,
        max_in_flight=settings.max_in_flight,
    )


async def run(settings: OrderSettings) -> None:
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
    start(run(load(OrderSettings)))
