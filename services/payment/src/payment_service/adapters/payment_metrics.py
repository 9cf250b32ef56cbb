"""What this service counts beside what every service counts."""

from chassis.metrics import Metrics
from prometheus_client import Counter, Gauge, Histogram

PROVIDER_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class PaymentMetrics(Metrics):
    def __init__(self) -> None:
        super().__init__("payment")
        self.payments = Counter(
            "shop_payments_total",
            "Payments and refunds, by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self.provider_calls = Counter(
            "shop_provider_calls_total",
            "Calls to the payment provider, by operation and outcome.",
            ["operation", "outcome"],
            registry=self.registry,
        )
        self.provider_seconds = Histogram(
            "shop_provider_call_seconds",
            "How long calls to the payment provider took, by operation.",
            ["operation"],
            buckets=PROVIDER_BUCKETS,
            registry=self.registry,
        )
        self.surprises = Counter(
            "shop_payment_surprises_total",
            "Times that the provider's word did not fit ours: amount, currency or state. A person must look.",
            registry=self.registry,
        )
        self.unsettled = Gauge(
            "shop_payments_unsettled", "Payments and refunds that wait for the provider.", registry=self.registry
        )
        self.violations = Gauge(
            "shop_invariant_violations",
            "What the last look at our own books found wrong, by invariant: anything but nought is a bug.",
            ["invariant"],
            registry=self.registry,
        )

    def settled(self, outcome: str) -> None:
        self.payments.labels(outcome).inc()

    def surprise(self) -> None:
        self.surprises.inc()

    def called(self, operation: str, outcome: str, seconds: float) -> None:
        self.provider_calls.labels(operation, outcome).inc()
        self.provider_seconds.labels(operation).observe(seconds)
