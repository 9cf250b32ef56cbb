"""How much is too much: requests of one address, connections, queues, headers, memory."""

from gateway.envoy import Node, extension, http_filter, seconds
from gateway.place import Place
from gateway.table import Row, Table

ADDRESS = "masked_remote_address"
NOTES = "gateway"
"""Where a route notes down things for the filters."""
KIND = "class"
KNOWN_ADDRESSES = 10_000
"""Of how many addresses a class remembers what they asked; the one that was silent longest is forgotten first."""
HEADER_KIB = 32
MAX_HEADERS = 100
EVERYTHING = {"numerator": 100, "denominator": "HUNDRED"}


def rate_limits(place: Place, table: Table) -> Node:
    """A token bucket for each class and each address. What belongs to no class is not limited here, only small."""
    return http_filter(
        "local_ratelimit",
        "v3.LocalRateLimit",
        stat_prefix="gateway",
        token_bucket=_bucket(100_000, 100_000),
        always_consume_default_token_bucket=False,
        filter_enabled={"default_value": EVERYTHING},
        filter_enforced={"default_value": EVERYTHING},
        enable_x_ratelimit_headers="DRAFT_VERSION_03",
        enable_retry_after_header=True,
        max_dynamic_descriptors=KNOWN_ADDRESSES,
        rate_limits=[{"actions": [_class_of_the_route(), _address()]}],
        descriptors=[
            {
                "entries": [{"key": KIND, "value": each.name}, {"key": ADDRESS}],
                "token_bucket": _bucket(_scaled(each.burst, place), _scaled(each.rate, place)),
            }
            for each in table.classes
        ],
    )


def counted_as(kind: str) -> Node:
    """On a route: which bucket it draws from."""
    return {"filter_metadata": {NOTES: {KIND: kind}}}


def body_limit(largest: int) -> Node:
    """Bodies arrive whole before a service hears of them: a slow client holds our place, not theirs."""
    return http_filter("buffer", "v3.Buffer", max_request_bytes=largest)


def largest_body(rows: tuple[Row, ...]) -> int:
    return max(row.body for row in rows)


def thresholds() -> Node:
    """What may wait for one service at once. Checkout and webhooks have places of their own."""
    ours = {"max_connections": 256, "max_pending_requests": 128, "max_requests": 512}
    # Where little goes on, a fifth of it is nothing, and a replica that was lost would be noticed.
    budget = {"budget_percent": {"value": 20.0}, "min_retry_concurrency": 20}
    return {
        "thresholds": [
            {"priority": "DEFAULT", **ours, "retry_budget": budget, "track_remaining": True},
            {"priority": "HIGH", **ours, "retry_budget": budget, "track_remaining": True},
        ]
    }


def outliers() -> Node:
    """A replica that failed five times in a row rests for half a minute; half of them always stay."""
    return {
        "consecutive_5xx": 5,
        "interval": "1s",
        "base_ejection_time": "30s",
        "max_ejection_time": "300s",
        "max_ejection_percent": 50,
        "enforcing_success_rate": 0,
        "enforcing_failure_percentage": 0,
        # Its probe may be content while its answers are not: only time brings it back.
        "successful_active_health_check_uneject_host": False,
    }


def connections() -> Node:
    """What a client may hold on to, and how slowly it may talk."""
    return {
        "common_http_protocol_options": {
            "idle_timeout": "60s",
            "max_headers_count": MAX_HEADERS,
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65536,
            "initial_connection_window_size": 1024 * 1024,
        },
        "max_request_headers_kb": HEADER_KIB,
        "request_headers_timeout": seconds(10),
        "request_timeout": seconds(15),
        "stream_idle_timeout": seconds(60),
    }


def overload(place: Place) -> Node:
    """Before memory ends, give some back; then answer 503; then take no connection at all."""
    monitors = "envoy.extensions.resource_monitors"

    def at(name: str, percent: float) -> Node:
        return {
            "name": f"envoy.overload_actions.{name}",
            "triggers": [{"name": "envoy.resource_monitors.fixed_heap", "threshold": {"value": percent}}],
        }

    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            extension(
                "envoy.resource_monitors.fixed_heap",
                f"{monitors}.fixed_heap.v3.FixedHeapConfig",
                max_heap_size_bytes=place.heap_bytes,
            ),
            extension(
                "envoy.resource_monitors.global_downstream_max_connections",
                f"{monitors}.downstream_connections.v3.DownstreamConnectionsConfig",
                max_active_downstream_connections=place.connections,
            ),
        ],
        "actions": [
            at("shrink_heap", 0.95),
            at("stop_accepting_requests", 0.96),
            at("stop_accepting_connections", 0.98),
        ],
    }


def _class_of_the_route() -> Node:
    noted = {"key": NOTES, "path": [{"key": KIND}]}
    return {
        "metadata": {"descriptor_key": KIND, "metadata_key": noted, "source": "ROUTE_ENTRY", "default_value": "browse"}
    }


def _address() -> Node:
    """An IPv6 client owns its /64, so that is what counts as one."""
    return {ADDRESS: {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}


def _scaled(value: int, place: Place) -> int:
    return max(1, round(value * place.limits))


def _bucket(burst: int, rate: int) -> Node:
    return {"max_tokens": burst, "tokens_per_fill": rate, "fill_interval": "1s"}
