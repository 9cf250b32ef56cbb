"""What this service counts beside what every service counts."""

from chassis.metrics import Metrics
from prometheus_client import Counter, Gauge

from product_service.domain.hold import Answer


class ProductMetrics(Metrics):
    def __init__(self) -> None:
        super().__init__("product")
        self.holds = Counter(
            "shop_holds_total",
            "Holds that orders asked for, by the first answer; a rejected one is a stock-out.",
            ["answer"],
            registry=self.registry,
        )
        self.expired_holds = Counter(
            "shop_holds_expired_total",
            "Holds that nobody committed or released in time: the saga should have.",
            registry=self.registry,
        )
        self.violations = Gauge(
            "shop_invariant_violations",
            "What the last look at our own books found wrong, by invariant: anything but nought is a bug.",
            ["invariant"],
            registry=self.registry,
        )

    def held(self, answer: Answer) -> None:
        self.holds.labels(answer.value).inc()

    def expired(self, count: int) -> None:
        self.expired_holds.inc(count)
