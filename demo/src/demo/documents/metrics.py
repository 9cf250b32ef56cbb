"""`docs/metrics.md`: every metric of every service, read from the registries themselves."""

from collections.abc import Iterable, Mapping

from chassis.metrics import Metrics
from notification_service.adapters.mail_metrics import MailMetrics
from order_service.adapters.order_metrics import OrderMetrics
from payment_service.adapters.payment_metrics import PaymentMetrics
from product_service.adapters.product_metrics import ProductMetrics

HEAD = """# What is counted

Each process answers `/metrics` on its internal port (APIs) or its worker port. This page is made from the code
(`python -m demo.documents`), and a test compares the two. Labels have few values: types of messages, states, outcomes,
route templates; never an id, never a person. What a gauge tells of a store is looked up every five seconds by the
worker, through an index of what is open; a scrape asks no store anything.

Beside these, every API tells `http_request_duration_seconds{handler,method,status}` to the first byte, and Envoy its
own figures at the gateway's `metrics` port.
"""


def all_metrics() -> Mapping[str, Metrics]:
    """Service -> its metrics, when nothing has happened yet."""
    return {
        "user": Metrics("user"),
        "product": ProductMetrics(),
        "order": OrderMetrics(),
        "payment": PaymentMetrics(),
        "notification": MailMetrics(),
    }


def declared(metrics: Metrics) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Name as it is queried -> kind, help and labels."""
    found = {}
    for collector in metrics.registry._collector_to_names:
        labels = tuple(getattr(collector, "_labelnames", ("store",)))
        for each in collector.collect():
            name = f"{each.name}_total" if each.type == "counter" else each.name
            found[name] = (each.type, each.documentation, labels)
    return found


def metrics_page() -> str:
    services = {service: declared(each) for service, each in all_metrics().items()}
    common = set.intersection(*(set(each) for each in services.values()))
    parts = [HEAD, "\n## In every service\n\n", *_table({name: services["user"][name] for name in common})]
    for service, found in services.items():
        own = {name: found[name] for name in set(found) - common}
        if own:
            parts += [f"\n## {service}\n\n", *_table(own)]
    return "".join(parts)


def _table(found: Mapping[str, tuple[str, str, tuple[str, ...]]]) -> Iterable[str]:
    yield "| metric | kind | labels | tells |\n|---|---|---|---|\n"
    for name in sorted(found):
        kind, tells, labels = found[name]
        yield f"| `{name}` | {kind} | {' '.join(f'`{each}`' for each in labels)} | {tells} |\n"
