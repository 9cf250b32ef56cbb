"""What a request walks through on its way in, outermost first; an answer walks it backwards."""

from gateway import headers, limits
from gateway.cache import cache
from gateway.envoy import Node, extension, http_filter, seconds
from gateway.place import Place
from gateway.table import SERVICES, Table
from gateway.tokens import token_check

COMPRESSIBLE = ["application/json", "application/problem+json", "image/svg+xml", "text/html"]
SMALLEST_COMPRESSED = 860


def filters(place: Place, table: Table) -> list[Node]:
    """The chain. Refusing comes before working, and the cheapest refusal first."""
    return [
        finishing(),
        readiness(),
        http_filter("cors", "v3.Cors"),
        limits.rate_limits(place, table),
        token_check(place),
        limits.body_limit(limits.largest_body(table.rows)),
        *compression(),
        cache(place),
        http_filter("router", "v3.Router", suppress_envoy_headers=True),
    ]


def finishing() -> Node:
    """Outermost: what it puts on answers is on all of them, the ones of the other filters too."""
    mutations = {"request_mutations": headers.facts(), "response_mutations": headers.answers()}
    return http_filter("header_mutation", "v3.HeaderMutation", mutations=mutations)


def readiness() -> Node:
    """`/readyz` is the health of the five: each must have somebody who can answer.

    Without the storefront there are no pages, but the interface still serves whoever uses it, us included.
    """
    return http_filter(
        "health_check",
        "v3.HealthCheck",
        pass_through_mode=False,
        headers=[{"name": ":path", "string_match": {"exact": "/readyz"}}],
        cluster_min_healthy_percentages={name: {"value": 1} for name in SERVICES},
    )


def compression() -> list[Node]:
    """Brotli where the client knows it, else gzip; light, because it is done again for every answer."""
    kinds = [{"exact": each} for each in COMPRESSIBLE]
    codecs = {
        "brotli": {"quality": 3, "window_bits": 18},
        "gzip": {"compression_level": "COMPRESSION_LEVEL_1", "window_bits": 12},
    }
    return [
        http_filter(
            "compressor",
            "v3.Compressor",
            compressor_library=extension(
                name, f"envoy.extensions.compression.{name}.compressor.v3.{name.capitalize()}", **fields
            ),
            response_direction_config={
                "common_config": {"min_content_length": SMALLEST_COMPRESSED, "content_type_matcher": kinds},
                "weaken_etag_on_compress": True,
            },
            choose_first=True,
        )
        for name, fields in codecs.items()
    ]


def access_log(place: Place) -> list[Node]:
    """One JSON line for each request. Never a query, a header that proves something, or a body."""
    line = {
        "event": "gateway.request",
        "time": "%START_TIME%",
        "method": "%REQ(:METHOD)%",
        "route": "%ROUTE_NAME%",
        "path": "%PATH(NQ:PATH:256)%",
        "status": "%RESPONSE_CODE%",
        "why": "%RESPONSE_CODE_DETAILS%",
        "flags": "%RESPONSE_FLAGS%",
        "milliseconds": "%DURATION%",
        "upstream_milliseconds": "%REQUEST_TX_DURATION%",
        "received": "%BYTES_RECEIVED%",
        "sent": "%BYTES_SENT%",
        "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "upstream": "%UPSTREAM_HOST%",
        "cluster": "%UPSTREAM_CLUSTER%",
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "trace": "%TRACE_ID%",
    }
    message = "envoy.extensions.access_loggers.file.v3.FileAccessLog"
    return [
        extension("envoy.access_loggers.file", message, path=place.access_log, log_format={"json_format": line}),
    ]


def tracing(place: Place) -> Node:
    """Spans over OTLP when there is a collector; the W3C headers of a client are passed on either way.

    A span names the route, never the path: there are people in paths and queries.
    """
    if place.collector is None:
        return {}
    uri = f"http://{place.collector.host}:{place.collector.port}/v1/traces"
    provider = extension(
        "envoy.tracers.opentelemetry",
        "envoy.config.trace.v3.OpenTelemetryConfig",
        service_name="gateway",
        http_service={"http_uri": {"uri": uri, "cluster": "collector", "timeout": seconds(1)}},
    )
    told = {
        "provider": provider,
        "spawn_upstream_span": True,
        "random_sampling": {"value": 100 * place.traces_share},
        "max_path_tag_length": 0,
        "operation": "%REQ(:METHOD)% %ROUTE_NAME%",
        "upstream_operation": "to %UPSTREAM_CLUSTER%",
    }
    return {"tracing": told}
