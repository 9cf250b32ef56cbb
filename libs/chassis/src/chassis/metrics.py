"""Prometheus metrics: one registry per service, so that five services can share a process."""

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from chassis.broker import Verdict


class Metrics:
    """What every service counts; its own business metrics join the same registry."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "shop_deliveries_total",
            "Messages heard, by type and what became of them.",
            ["type", "verdict"],
            registry=self.registry,
        )
        self.outbox_pending = Gauge("shop_outbox_pending", "Messages that have not left.", registry=self.registry)
        self.outbox_oldest = Gauge(
            "shop_outbox_oldest_unpublished_seconds",
            "Age of the oldest message that has not left.",
            registry=self.registry,
        )
        self.dead_letters = Gauge("shop_dead_letters", "Messages that nobody could handle.", registry=self.registry)

    def heard(self, type_: str, verdict: Verdict) -> None:
        self.deliveries.labels(type_, verdict.value).inc()


def exposition(metrics: Metrics) -> Callable[[Request], Awaitable[Response]]:
    """The page that Prometheus reads."""

    async def page(_request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return page
