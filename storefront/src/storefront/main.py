"""The storefront's process: pages on the public port, probes and metrics on the internal one."""

from collections.abc import Mapping
from math import inf

from chassis import app, bounds
from chassis.accompany import Accompany
from chassis.admission import Admission
from chassis.health import Health
from chassis.process import prepare, start
from chassis.server import serve_apps, stop_signal
from chassis.settings import load
from chassis.world import World
from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

from storefront.front import Front, open_front
from storefront.headers import PageHeaders
from storefront.pages import ROUTERS, refusals
from storefront.settings import StorefrontSettings


def create_apps(front: Front, settings: StorefrontSettings, *, health: Health) -> app.Apps:
    """The pages, and what only neighbours see."""
    pages = FastAPI(
        title="Mercato storefront",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=app.TELEMETRY,
    )
    pages.state.front = front
    for router in ROUTERS:
        pages.include_router(router)
    pages.add_route("/static/{path:path}", front.statics.answer, methods=["GET", "HEAD"])
    refusals.install(pages)
    app.instrument(pages, front.metrics)
    # A page waits for the shop more than it works, and the shop's services send away who is too much.
    load_ = bounds.Load(Admission(settings.max_in_flight, health.world.clock, target_seconds=inf))
    front.metrics.watch(health, load_)
    health.when_leaving(front.leaving.set)
    page = front.renderer.render("problems/full.html", {})

    def full(headers: Mapping[str, str]) -> Response:
        return HTMLResponse(page, 503, headers={**headers, "Cache-Control": "no-store"})

    pages.add_middleware(bounds.Bounds, load=load_, world=health.world, full=full, kind=bounds.FORM)
    pages.add_middleware(PageHeaders)
    pages.add_middleware(Accompany)
    return app.Apps(pages, app.build_internal(title="Mercato storefront", health_=health, metrics_=front.metrics))


async def run(settings: StorefrontSettings) -> None:
    """Serve until SIGTERM."""
    prepare(settings)
    world = World()
    health, stop = Health(world), stop_signal()
    async with open_front(settings, world) as front:
        await health.assert_settings()
        await serve_apps(create_apps(front, settings, health=health), settings=settings, health=health, stop=stop)


if __name__ == "__main__":
    start(run(load(StorefrontSettings)))
