"""Process 1 of product: the catalogue for everybody, changes and stock for staff, prices for neighbours."""

from chassis import app, dead_letter_routes
from chassis.auth import Verifier
from chassis.authz import read_table
from chassis.health import Health
from chassis.keys import remote_verifier
from chassis.process import prepare, run_api, start
from chassis.settings import load
from chassis.world import World

from product_service.api import quote_routes, routes, staff_routes
from product_service.api.refusals import REFUSALS
from product_service.settings import ProductSettings
from product_service.wiring import ProductService, open_service


def create_apps(service: ProductService, settings: ProductSettings, *, verifier: Verifier, health: Health) -> app.Apps:
    """The two HTTP apps of this service."""
    return app.build(
        service=service,
        title="Mercato product",
        public=[routes.router, staff_routes.router, dead_letter_routes.router("product")],
        internal=[quote_routes.router],
        authz_=read_table("product_service.api"),
        refusals=REFUSALS,
        verifier=verifier,
        health_=health,
        metrics_=service.metrics,
        facts_=service.facts if settings.development_door else None,
        max_in_flight=settings.max_in_flight,
    )


async def run(settings: ProductSettings) -> None:
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
    start(run(load(ProductSettings)))
