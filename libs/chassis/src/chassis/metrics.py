"""Prometheus metrics: one registry per service, so that five services can share a process."""

from collections.abc import Awaitable, Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response

from chassis.bounds import Load
from chassis.broker import Verdict
from chassis.health import Health
from chassis.pools import Pools

DELIVERY_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30)
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Metrics:
    """What every service counts; its own business metrics join the same registry."""

    def __init__(self, service: str) -> None:
        self.service = service
        # When each label was first seen: as many lines again, and nobody asks for them.
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "shop_deliveries_total",
            "Messages heard, by type and what became of them.",
            ["type", "verdict"],
            registry=self.registry,
        )
        self.delivery_seconds = Histogram(
            "shop_delivery_seconds",
            "How long the handling of a message took, by type.",
            ["type"],
            buckets=DELIVERY_BUCKETS,
            registry=self.registry,
        )
        self.loop_lag = Histogram(
            "shop_event_loop_lag_seconds",
            "How much later than it should have been the event loop came round, looked at each second.",
            buckets=LAG_BUCKETS,
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "shop_requests_in_flight",
            "Requests in this process, by kind: worked on, only waiting for something, or an answer that stays open.",
            ["kind"],
            registry=self.registry,
        )
        self._shed = Counter(
            "shop_requests_shed_total",
            "Requests that were sent away because there were too many, by kind.",
            ["kind"],
            registry=self.registry,
        )
        self.pools = Pools()
        self.registry.register(self.pools)
        self._published = Counter(
            "shop_outbox_published_total", "Messages that the broker has taken.", registry=self.registry
        )
        self._refused = Counter(
            "shop_outbox_refused_total",
            "Times that the broker did not take a message; it is offered again.",
            registry=self.registry,
        )
        self._jobs = Counter(
            "shop_job_rounds_total",
            "Rounds of work that comes round again, by what became of them.",
            ["job", "outcome"],
            registry=self.registry,
        )
        self.outbox_pending = Gauge("shop_outbox_pending", "Messages that have not left.", registry=self.registry)
        self.outbox_oldest = Gauge(
            "shop_outbox_oldest_unpublished_seconds",
            "Age of the oldest message that has not left.",
            registry=self.registry,
        )
        self.dead_letters = Gauge("shop_dead_letters", "Messages that nobody could handle.", registry=self.registry)

    def heard(self, type_: str, verdict: Verdict, seconds: float) -> None:
        self.deliveries.labels(type_, verdict.value).inc()
        self.delivery_seconds.labels(type_).observe(seconds)

    def relayed(self, *, published: int, refused: int) -> None:
        self._published.inc(published)
        self._refused.inc(refused)

    def went_round(self, job: str, outcome: str) -> None:
        self._jobs.labels(job, outcome).inc()

    def watch(self, health: Health, load: Load | None = None) -> None:
        """Tell how the event loop fares, and how many requests `load` counts."""
        health.when_late(self.loop_lag.observe)
        if load is not None:
            self._in_flight.labels("working").set_function(lambda: load.working)
            self._in_flight.labels("resting").set_function(lambda: load.resting)
            self._in_flight.labels("streaming").set_function(lambda: load.streaming)
            load.shed = lambda kind: self._shed.labels(kind).inc()


def exposition(metrics: Metrics) -> Callable[[Request], Awaitable[Response]]:
    """The page that Prometheus reads."""

    async def page(_request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return page
