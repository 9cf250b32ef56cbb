"""Who stands behind the door: the services and the storefront, their canaries, and what else is spoken to."""

from collections.abc import Iterator

from gateway import limits
from gateway.cache import cluster_behind
from gateway.envoy import Node, extension, seconds, socket, typed
from gateway.place import Address, Place, Replica

CONNECT_SECONDS = 0.25
IDLE_SECONDS = 60
REFRESH_SECONDS = 2
"""How soon a pod that came or went is noticed; a pod that leaves serves on for longer than this."""


def clusters(place: Place) -> list[Node]:
    found = [each for name, service in place.services.items() for each in _service(name, service.stable)]
    for name, service in place.services.items():
        if service.canary:
            found.extend(_service(f"{name}-canary", service.canary))
    if place.door is not None:
        found.append(_plain("door", place.door))
    if place.collector is not None:
        found.append(_plain("collector", place.collector))
    return [*found, cluster_behind(), *_admin(place)]


def _service(name: str, replicas: tuple[Replica, ...]) -> Iterator[Node]:
    endpoints = [
        {
            "endpoint": {
                "address": socket(each.public.host, each.public.port),
                "health_check_config": {"port_value": each.internal_port},
            }
        }
        for each in replicas
    ]
    yield {
        **_cluster(name, endpoints),
        "circuit_breakers": limits.thresholds(),
        "outlier_detection": limits.outliers(),
        "health_checks": [_health()],
        "lb_policy": "LEAST_REQUEST",
        # Nobody healthy is nobody: an answer within the second instead of a guess.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "typed_extension_protocol_options": _http(),
    }


def _health() -> Node:
    """A leaving replica says so at once and serves on for a while: asked each second, nobody is sent there in vain."""
    return {
        "timeout": seconds(1),
        "interval": seconds(1),
        "no_traffic_interval": seconds(1),
        "no_traffic_healthy_interval": seconds(1),
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": "/readyz", "expected_statuses": [{"start": 200, "end": 300}]},
    }


def _http() -> Node:
    options = typed(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        common_http_protocol_options={"idle_timeout": seconds(IDLE_SECONDS)},
        explicit_http_config={"http_protocol_options": {}},
    )
    return {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options}


def _plain(name: str, at: Address) -> Node:
    return _cluster(name, [{"endpoint": {"address": socket(at.host, at.port)}}])


def _cluster(name: str, endpoints: list[Node]) -> Node:
    return {
        "name": name,
        "cluster_type": extension(
            "envoy.cluster.dns",
            "envoy.extensions.clusters.dns.v3.DnsCluster",
            dns_lookup_family="V4_PREFERRED",
            dns_refresh_rate=seconds(REFRESH_SECONDS),
        ),
        "connect_timeout": seconds(CONNECT_SECONDS),
        "per_connection_buffer_limit_bytes": 32768,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
    }


def _admin(place: Place) -> Iterator[Node]:
    """Only so that the metrics door can show one page of it."""
    if place.metrics is not None:
        yield {
            "name": "admin",
            "type": "STATIC",
            "connect_timeout": seconds(CONNECT_SECONDS),
            "load_assignment": {
                "cluster_name": "admin",
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": admin_address(place)}}]}],
            },
        }


def admin_address(place: Place) -> Node:
    """A unix socket, or a port that only this machine, or this pod, reaches."""
    if place.admin.isdecimal():
        return socket("127.0.0.1", int(place.admin))
    return {"pipe": {"path": place.admin, "mode": 0o600}}
