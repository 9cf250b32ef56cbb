"""Catalogue reads answered here, for as long as the service says. Why this cache: docs/decisions, number 6.

On a miss Envoy's cache asks a cluster, not the route: no time-out, no retry, and bare text when nobody is there.
So the cluster it asks is a listener inside of Envoy itself, which walks the same route table and answers as the public
door does.
"""

from gateway.envoy import Node, extension, http_filter, typed
from gateway.place import Place
from gateway.refusals import local_replies

BEHIND = "behind-cache"
CACHE = "cache_v2"
STORE = "envoy.extensions.http.cache_v2.file_system_http_cache.v3.FileSystemHttpCacheV2Config"


def cache(place: Place) -> Node:
    """On files, because that is the one that forgets: bounded in bytes and entries, the least used go first."""
    store = typed(
        STORE,
        manager_config={"thread_pool": {"thread_count": 1}},
        cache_path=place.cache_folder,
        max_cache_size_bytes=place.cache_bytes,
        max_cache_entry_count=place.cache_entries,
    )
    return http_filter(
        CACHE,
        "v3.CacheV2Config",
        typed_config=store,
        override_upstream_cluster=BEHIND,
        # A shopper who presses reload may not send everybody's question to the service again.
        ignore_request_cache_control_header=True,
    )


def manager_behind(routes: Node, tracing: Node) -> Node:
    """The HTTP side of the inner listener: what the outer one has decided is not decided again."""
    return {
        "stat_prefix": BEHIND,
        "codec_type": "HTTP1",
        "http_filters": [http_filter("router", "v3.Router", suppress_envoy_headers=True)],
        "rds": routes,
        "local_reply_config": local_replies(),
        "server_header_transformation": "PASS_THROUGH",
        "use_remote_address": False,
        "skip_xff_append": True,
        **tracing,
    }


def cluster_behind() -> Node:
    inside = {"endpoint": {"address": {"envoy_internal_address": {"server_listener_name": BEHIND}}}}
    return {
        "name": BEHIND,
        "type": "STATIC",
        "load_assignment": {"cluster_name": BEHIND, "endpoints": [{"lb_endpoints": [inside]}]},
    }


def bootstrap_extension() -> Node:
    return extension(
        "envoy.bootstrap.internal_listener",
        "envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
    )
