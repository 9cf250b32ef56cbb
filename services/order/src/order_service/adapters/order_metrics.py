"""What order counts besides what every service counts."""

from datetime import timedelta

from chassis.metrics import Metrics
from prometheus_client import Counter, Gauge, Histogram

CONFIRMATION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class OrderMetrics(Metrics):
    def __init__(self) -> None:
        super().__init__("order")
        self._placed = Counter("shop_orders_placed_total", "Orders accepted.", registry=self.registry)
        self._unexpected = Counter(
            "shop_saga_unexpected_replies_total",
            "Replies that the saga does not know in the order's state; they change nothing.",
            ["state", "trigger"],
            registry=self.registry,
        )
        self._refunds_failed = Counter(
            "shop_saga_refunds_failed_total",
            "Refunds that the provider refused; those of cancelled orders are asked for again.",
            registry=self.registry,
        )
        self._asked_again = Counter(
            "shop_saga_repeats_total",
            "Times that the sweeper asked again, by the order's state.",
            ["state"],
            registry=self.registry,
        )
        self._given_up = Counter(
            "shop_saga_given_up_total",
            "Orders that had waited too long, by the state that they were given up in.",
            ["state"],
            registry=self.registry,
        )
        self._confirmed = Histogram(
            "shop_order_confirmation_seconds",
            "From the acceptance of an order to its confirmation; those that waited for their customer do not count.",
            buckets=CONFIRMATION_BUCKETS,
            registry=self.registry,
        )
        self.oldest = Gauge(
            "shop_saga_oldest_seconds",
            "How long the order that waits longest has been in its state.",
            ["state"],
            registry=self.registry,
        )
        self.overdue = Gauge(
            "shop_saga_orders_overdue",
            "Orders that the sweeper should have looked at by now.",
            registry=self.registry,
        )
        self.open = Gauge(
            "shop_saga_orders", "Orders that wait for somebody, by state.", ["state"], registry=self.registry
        )

    def placed(self) -> None:
        self._placed.inc()

    def unexpected(self, state: str, trigger: str) -> None:
        self._unexpected.labels(state, trigger).inc()

    def asked_again(self, state: str) -> None:
        self._asked_again.labels(state).inc()

    def gave_up(self, state: str) -> None:
        self._given_up.labels(state).inc()

    def confirmed(self, after: timedelta) -> None:
        self._confirmed.observe(after.total_seconds())

    def refund_failed(self) -> None:
        self._refunds_failed.inc()
