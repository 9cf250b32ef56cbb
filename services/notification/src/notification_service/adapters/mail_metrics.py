"""What this service counts beside what every service counts."""

from chassis.metrics import Metrics
from prometheus_client import Counter

from notification_service.ports import DeliveryState


class MailMetrics(Metrics):
    def __init__(self) -> None:
        super().__init__("notification")
        self.attempts = Counter(
            "shop_mail_attempts_total",
            "Attempts to send a mail, by what became of the delivery. GIVEN_UP wants somebody to look.",
            ["kind", "state"],
            registry=self.registry,
        )

        self.texts = Counter(
            "shop_sms_attempts_total",
            "Attempts to send a text message, by what became of the delivery. A cap ends as SUPPRESSED too.",
            ["kind", "state"],
            registry=self.registry,
        )

    def texted(self, kind: str, state: DeliveryState) -> None:
        self.texts.labels(kind, state.value).inc()

    def attempted(self, kind: str, state: DeliveryState) -> None:
        self.attempts.labels(kind, state.value).inc()
