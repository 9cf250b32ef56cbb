"""What the dashboards show: a panel is a title, a unit, a sentence and its queries.

`python -m monitoring.grafana` writes the JSON beside this file; nothing is changed in a browser.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PUBLIC = 'envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="public"}'
SERVICES = ("user", "product", "order", "payment", "notification")


@dataclass(frozen=True)
class Panel:
    """`queries` by what their lines are called, in Prometheus' own `{{label}}` words."""

    title: str
    unit: str
    tells: str
    queries: Mapping[str, str]
    wide: int = 8
    """Of 24 columns."""


@dataclass(frozen=True)
class Dashboard:
    name: str
    title: str
    panels: Sequence[Panel]


def quantiles(metric: str, *, by: str, where: str = "", of: tuple[float, ...] = (0.5, 0.99)) -> dict[str, str]:
    names = f"{by}, le" if by else "le"
    label = f" {{{{{by}}}}}" if by else ""
    rate = f"sum by ({names}) (rate({metric}_bucket{{{where}}}[5m]))"
    return {f"p{each * 100:g}{label}": f"histogram_quantile({each}, {rate})" for each in of}


OVERVIEW = Dashboard(
    "overview",
    "Shop: overview",
    [
        Panel(
            "Error budgets burn",
            "short",
            "How many times too fast: at 1 it is gone in 30 days, from 14.4 on somebody is called.",
            {
                "{{slo}}": 'slo:error_ratio:rate1h{slo=~"checkout_accepted|browse_answered"} / 0.001',
                "{{slo}} ": 'slo:error_ratio:rate1h{slo!~"checkout_accepted|browse_answered"} / 0.01',
            },
            wide=12,
        ),
        Panel(
            "Alerts",
            "short",
            "What fires and what is about to. Nought is a good day.",
            {
                "firing": 'count(ALERTS{alertstate="firing"}) or vector(0)',
                "pending": 'count(ALERTS{alertstate="pending"}) or vector(0)',
            },
            wide=6,
        ),
        Panel(
            "Processes that answer",
            "short",
            "API, worker and gateway of each service.",
            {"{{service}} {{process}}": 'sum by (service, process) (up{job="shop"})'},
            wide=6,
        ),
        Panel(
            "Orders",
            "opm",
            "Accepted, and confirmed without waiting for their customer.",
            {
                "accepted": "sum(rate(shop_orders_placed_total[5m])) * 60",
                "confirmed": "sum(rate(shop_order_confirmation_seconds_count[5m])) * 60",
            },
        ),
        Panel(
            "From acceptance to confirmation",
            "s",
            "The objective is 99 % within 30 s.",
            quantiles("shop_order_confirmation_seconds", by=""),
        ),
        Panel(
            "Orders that wait",
            "short",
            "By the state they wait in.",
            {"{{state}}": "max by (state) (shop_saga_orders)"},
        ),
        Panel(
            "Requests at the gateway",
            "reqps",
            "By class of traffic; what the cache answers is not counted.",
            {"{{envoy_route}}": "sum by (envoy_route) (rate(envoy_vhost_route_upstream_rq_completed[5m]))"},
        ),
        Panel(
            "Answers at the gateway",
            "reqps",
            "By class of status.",
            {"{{envoy_response_code_class}}xx": f"sum by (envoy_response_code_class) (rate({PUBLIC}[5m]))"},
        ),
        Panel(
            "Time at the gateway, p99",
            "ms",
            "By class of traffic.",
            quantiles("envoy_vhost_route_upstream_rq_time", by="envoy_route", of=(0.99,)),
        ),
        Panel(
            "Oldest message that has not left",
            "s",
            "More than a minute, and somebody is called.",
            {"{{service}}": "max by (service) (shop_outbox_oldest_unpublished_seconds)"},
        ),
        Panel(
            "Dead letters",
            "short",
            "What nobody could handle.",
            {"{{service}}": "max by (service) (shop_dead_letters)"},
        ),
        Panel(
            "Invariants that are broken",
            "short",
            "By the last audit of the services' own books. Anything but nought is a bug.",
            {"{{service}} {{invariant}}": "max by (service, invariant) (shop_invariant_violations)"},
        ),
    ],
)


def of_every(service: str) -> list[Panel]:
    """What every service has."""
    mine = f'service="{service}"'
    requests = f"rate(http_request_duration_seconds_count{{{mine}}}[5m])"
    rounds = f"rate(shop_job_rounds_total{{{mine}}}[5m])"
    full = f"shop_pool_in_use{{{mine}}} / shop_pool_size{{{mine}}}"
    return [
        Panel(
            "Requests",
            "reqps",
            "To its own API, by route.",
            {"{{method}} {{handler}}": f"sum by (method, handler) ({requests})"},
        ),
        Panel(
            "Time to the first byte",
            "s",
            "As the service itself measures it.",
            quantiles("http_request_duration_seconds", by="", where=mine),
        ),
        Panel(
            "Answers",
            "reqps",
            "By status.",
            {"{{status}}": f"sum by (status) ({requests})"},
        ),
        Panel(
            "Connections in use",
            "percentunit",
            "Of those that a pool may open.",
            {"{{process}} {{store}}": f"max by (process, store) ({full})"},
        ),
        Panel(
            "The event loop comes late",
            "s",
            "Whatever blocks it makes everybody wait.",
            quantiles("shop_event_loop_lag_seconds", by="process", where=mine, of=(0.99,)),
        ),
        Panel(
            "Rounds of the worker",
            "opm",
            "Of each job, by what became of them.",
            {"{{exported_job}} {{outcome}}": f"sum by (exported_job, outcome) ({rounds}) * 60"},
        ),
    ]


def outbox(service: str) -> list[Panel]:
    mine = f'service="{service}", process="worker"'
    return [
        Panel(
            "Outbox",
            "short",
            "Messages that have not left, and the seconds that the oldest has waited.",
            {
                "waiting": f"max(shop_outbox_pending{{{mine}}})",
                "oldest, s": f"max(shop_outbox_oldest_unpublished_seconds{{{mine}}})",
            },
        ),
        Panel(
            "Messages said",
            "opm",
            "Taken by the broker, and refused by it.",
            {
                "taken": f"sum(rate(shop_outbox_published_total{{{mine}}}[5m])) * 60",
                "refused": f"sum(rate(shop_outbox_refused_total{{{mine}}}[5m])) * 60",
            },
        ),
    ]


def inbox(service: str) -> list[Panel]:
    mine = f'service="{service}", process="worker"'
    return [
        Panel(
            "Messages heard",
            "opm",
            "By type and what became of them.",
            {"{{type}} {{verdict}}": f"sum by (type, verdict) (rate(shop_deliveries_total{{{mine}}}[5m])) * 60"},
        ),
        Panel("Handling, p99", "s", "By type.", quantiles("shop_delivery_seconds", by="type", where=mine, of=(0.99,))),
        Panel("Dead letters", "short", "What it could not handle.", {"dead": f"max(shop_dead_letters{{{mine}}})"}),
    ]


OWN: Mapping[str, list[Panel]] = {
    "user": outbox("user"),
    "product": [
        *outbox("product"),
        *inbox("product"),
        Panel(
            "Holds", "opm", "By the first answer.", {"{{answer}}": "sum by (answer) (rate(shop_holds_total[5m])) * 60"}
        ),
        Panel(
            "Invariants that are broken",
            "short",
            "I1: stock and its ledger. I2: reserved and held.",
            {"{{invariant}}": 'max by (invariant) (shop_invariant_violations{service="product"})'},
        ),
    ],
    "order": [
        *outbox("order"),
        *inbox("order"),
        Panel(
            "Oldest order", "s", "By the state it waits in.", {"{{state}}": "max by (state) (shop_saga_oldest_seconds)"}
        ),
        Panel(
            "Orders that are overdue",
            "short",
            "The sweeper should have taken them.",
            {"overdue": "max(shop_saga_orders_overdue)"},
        ),
        Panel(
            "From acceptance to confirmation",
            "s",
            "The objective is 99 % within 30 s.",
            quantiles("shop_order_confirmation_seconds", by=""),
        ),
    ],
    "payment": [
        *outbox("payment"),
        *inbox("payment"),
        Panel(
            "Payments",
            "opm",
            "By what became of them.",
            {"{{outcome}}": "sum by (outcome) (rate(shop_payments_total[5m])) * 60"},
        ),
        Panel(
            "Calls to the provider",
            "opm",
            "By operation and outcome.",
            {"{{operation}} {{outcome}}": "sum by (operation, outcome) (rate(shop_provider_calls_total[5m])) * 60"},
        ),
        Panel(
            "The provider's time, p99",
            "s",
            "By operation.",
            quantiles("shop_provider_call_seconds", by="operation", of=(0.99,)),
        ),
        Panel("Unsettled", "short", "Wait for the provider.", {"unsettled": "max(shop_payments_unsettled)"}),
        Panel(
            "Invariants that are broken",
            "short",
            "I5: what moved is booked. I6: what is booked balances.",
            {"{{invariant}}": 'max by (invariant) (shop_invariant_violations{service="payment"})'},
        ),
    ],
    "notification": [
        *inbox("notification"),
        Panel(
            "Mails",
            "opm",
            "Attempts, by kind and what became of the delivery.",
            {"{{kind}} {{state}}": "sum by (kind, state) (rate(shop_mail_attempts_total[5m])) * 60"},
        ),
        Panel(
            "Open streams",
            "short",
            "Browsers that listen to live news.",
            {"{{kind}}": 'sum by (kind) (shop_requests_in_flight{service="notification"})'},
        ),
    ],
}


def all_dashboards() -> list[Dashboard]:
    """The overview, and one of each service."""
    services = [Dashboard(each, f"Shop: {each}", [*of_every(each), *OWN[each]]) for each in SERVICES]
    return [OVERVIEW, *services]
