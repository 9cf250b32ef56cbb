"""The two HTTP apps of a service: the public one that the gateway routes to, and the internal one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from prometheus_fastapi_instrumentator import Instrumentator, metrics

from chassis import auth, authz, bounds, facts, health, idempotency, openapi, paging, problems
from chassis.accompany import Accompany
from chassis.admission import Admission
from chassis.health import Health
from chassis.metrics import Metrics, exposition
from chassis.worths import Worths

TELEMETRY: TelemetryConfig = {"operation_spans": False, "metrics": False, "logs": False}
"""One span a request, with its route. One for every dependency would cost more than the request itself."""
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

CHASSIS_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    **auth.REFUSALS,
    **idempotency.REFUSALS,
    **bounds.REFUSALS,
    paging.BadCursor: (422, "invalid_cursor"),
}


@dataclass(frozen=True, slots=True)
class Apps:
    """One service's front door and its side entrance."""

    public: FastAPI
    internal: FastAPI


def build(
    *,
    service: Any,
    title: str,
    public: Sequence[APIRouter],
    internal: Sequence[APIRouter] = (),
    authz_: authz.Table,
    refusals: problems.Refusals,
    verifier: auth.Verifier,
    health_: Health,
    metrics_: Metrics,
    facts_: facts.Facts | None = None,
    max_in_flight: int = 200,
) -> Apps:
    """Both apps, with problem+json, bounds, trace ids, metrics and probes.

    `service` is what `handed` picks from; `facts_` opens the facts door on the internal app. Raises authz.WrongTable
    when a public route is not declared as it is.
    """
    table = {**CHASSIS_REFUSALS, **refusals}
    front = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=TELEMETRY,
        dependencies=[Depends(authz.enforce(authz_, public)), Depends(refuse_unknown_parameters)],
        # Unless told, FastAPI thinks that it answers these by itself.
        responses={422: problems.told("invalid_request", body=problems.ValidationProblem)},
    )
    side = build_internal(title=title, routers=internal, health_=health_, metrics_=metrics_, facts_=facts_)
    for app in (front, side):
        app.state.service = service
        app.state.verifier = verifier
        problems.install(app, table)
    for each in public:
        front.include_router(each)
    front.openapi = openapi.complete(front.openapi, authz_)  # type: ignore[method-assign] - FastAPI's own way
    instrument(front, metrics_)
    load = bounds.Load(Admission(max_in_flight, health_.world.clock))
    metrics_.watch(health_, load)
    front.add_middleware(bounds.Bounds, load=load, world=health_.world, worth_of=Worths(authz_).of)
    front.add_middleware(Accompany)
    return Apps(front, side)


def build_internal(
    *,
    title: str,
    routers: Sequence[APIRouter] = (),
    health_: Health,
    metrics_: Metrics,
    facts_: facts.Facts | None = None,
) -> FastAPI:
    """Probes, metrics, and what neighbours ask: never routed from outside."""
    side = FastAPI(
        title=f"{title} (internal)",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=TELEMETRY,
    )
    side.add_middleware(Accompany)
    for each in routers:
        side.include_router(each)
    for path, probe in health.probes(health_).items():
        side.add_route(path, probe, include_in_schema=False)
    if facts_ is not None:
        side.include_router(facts.router(facts_))
    side.add_route("/metrics", exposition(metrics_), include_in_schema=False)
    return side


async def refuse_unknown_parameters(request: Request) -> None:
    """A query parameter that the route does not know, or that comes twice, is a mistake worth telling."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not request.url.query:
        return
    known = {each.alias for each in get_flat_params(route.dependant) if isinstance(each.field_info, Query)}
    given = [name for name, _ in request.query_params.multi_items()]
    wrong = [name for name in dict.fromkeys(given) if name not in known or given.count(name) > 1]
    if wrong:
        raise RequestValidationError(
            [{"type": "extra_forbidden", "loc": ("query", name[:64]), "msg": "unknown or repeated"} for name in wrong]
        )


def instrument(app: FastAPI, metrics_: Metrics) -> None:
    """Count requests, and how long they take, by route."""
    # To the first byte: a stream is not slow because it is long.
    latency = metrics.latency(
        registry=metrics_.registry, buckets=LATENCY_BUCKETS, should_exclude_streaming_duration=True
    )
    if latency is None:
        raise RuntimeError("the latency metric exists already: one Metrics object serves one app")
    Instrumentator(registry=metrics_.registry, should_group_status_codes=False).add(latency).instrument(app)
