"""The doors: one for the world, one for the storefront, and one where metrics are read."""

from gateway import headers, limits
from gateway.cache import BEHIND, manager_behind
from gateway.envoy import Node, extension, http_filter, socket
from gateway.filters import access_log, filters, tracing
from gateway.place import Listen, Place
from gateway.refusals import local_replies
from gateway.routes import NAME
from gateway.table import Table

MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
EARLY = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
BACKLOG = 512


def listeners(place: Place, table: Table) -> list[Node]:
    found = [_door("public", place.public, place, table)]
    if place.storefront is not None:
        found.append(_door("storefront", place.storefront, place, table))
    if place.metrics is not None:
        found.append(_metrics(place))
    return [*found, _behind_cache(place)]


def _door(name: str, listen: Listen, place: Place, table: Table) -> Node:
    manager = {
        "stat_prefix": name,
        "codec_type": "AUTO",
        "http_filters": filters(place, table),
        "rds": _routes(place),
        "local_reply_config": local_replies(),
        "access_log": access_log(place),
        "server_header_transformation": "PASS_THROUGH",
        **_address(listen),
        **_paths(),
        **limits.connections(),
        **tracing(place),
        "drain_timeout": "5s",
    }
    return _listener(name, listen.at.host, listen.at.port, manager)


def _address(listen: Listen) -> Node:
    """Whose address counts: the peer's, or what the proxies that we trust say in X-Forwarded-For."""
    claims = headers.strip_claims(trusted_hops=listen.trusted_hops)
    return {
        "use_remote_address": True,
        "xff_num_trusted_hops": listen.trusted_hops,
        # No address is so much ours that its x-envoy-* headers would be obeyed.
        "internal_address_config": {"cidr_ranges": [{"address_prefix": "192.0.2.0", "prefix_len": 32}]},
        "early_header_mutation_extensions": [
            extension("envoy.http.early_header_mutation.header_mutation", EARLY, mutations=claims)
        ],
        "generate_request_id": True,
        "always_set_request_id_in_response": False,
    }


def _paths() -> Node:
    """One spelling for each path, or none."""
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "strip_any_host_port": False,
    }


def _routes(place: Place) -> Node:
    """Watched by its folder: a renamed file and a swapped ConfigMap are both noticed."""
    path = {"path": f"{place.folder}/rds.yaml", "watched_directory": {"path": place.folder}}
    source = {"resource_api_version": "V3", "path_config_source": path, "initial_fetch_timeout": "5s"}
    return {"route_config_name": NAME, "config_source": source}


def _behind_cache(place: Place) -> Node:
    manager = manager_behind(_routes(place), tracing(place))
    return {"name": BEHIND, "internal_listener": {}, "filter_chains": _chains(manager)}


def _listener(name: str, host: str, port: int, manager: Node) -> Node:
    return {
        "name": name,
        "address": socket(host, port),
        "tcp_backlog_size": BACKLOG,
        "per_connection_buffer_limit_bytes": 32768,
        "filter_chains": _chains(manager),
    }


def _chains(manager: Node) -> list[Node]:
    return [{"filters": [extension("envoy.filters.network.http_connection_manager", MANAGER, **manager)]}]


def _metrics(place: Place) -> Node:
    """One page of the admin interface, read only: what Prometheus collects."""
    assert place.metrics is not None
    manager = {
        "stat_prefix": "metrics",
        "codec_type": "AUTO",
        "http_filters": [http_filter("router", "v3.Router")],
        "route_config": {
            "name": "metrics",
            "virtual_hosts": [
                {
                    "name": "metrics",
                    "domains": ["*"],
                    "routes": [
                        {
                            "match": {
                                "path": "/metrics",
                                "headers": [{"name": ":method", "string_match": {"exact": "GET"}}],
                            },
                            "route": {"cluster": "admin", "prefix_rewrite": "/stats/prometheus?usedonly"},
                        }
                    ],
                }
            ],
        },
    }
    return _listener("metrics", place.metrics.host, place.metrics.port, manager)
