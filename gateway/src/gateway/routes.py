"""The route table as Envoy reads it, from a file of its own that may be changed while it runs."""

from collections.abc import Iterator

from gateway import limits
from gateway.cache import CACHE
from gateway.envoy import Node, for_route, seconds, switched_off, typed
from gateway.headers import OVERRIDES, put
from gateway.place import Place, Service
from gateway.table import Row, Table
from gateway.tokens import asked_for

NAME = "shop"
METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
DANGEROUS = r".*(;|\\|%00|%25|%3[bB]|%5[cC]).*"
"""In a path of ours there is none of these; other servers have read them as something else."""
TRACK = "x-shop-track"
PAGE_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
LONGEST_PAGE = 2 * 1024 * 1024
DOOR_SECONDS = 60


def route_configuration(place: Place, table: Table) -> Node:
    """What is refused whoever asks, what we answer ourselves, then the table. The rest is 404."""
    routes = [*_refused(), *_pages(place), *(_door() if place.door else ())]
    for row in table.rows:
        routes.extend(_row(row, place.services[row.service]))
    routes.append(_answer("nowhere", 404, {"prefix": "/"}))
    return typed(
        "envoy.config.route.v3.RouteConfiguration",
        name=NAME,
        max_direct_response_body_size_bytes=LONGEST_PAGE,
        virtual_hosts=[{"name": NAME, "domains": ["*"], "routes": routes, **_origins(place)}],
    )


def _refused() -> Iterator[Node]:
    yield _answer("refused-path", 400, {"safe_regex": {"regex": DANGEROUS}})
    yield _answer("refused-connect", 405, {"connect_matcher": {}})
    unknown = {"name": ":method", "string_match": {"safe_regex": {"regex": METHODS}}, "invert_match": True}
    yield _answer("refused-method", 405, {"prefix": "/", "headers": [unknown]})
    for name in OVERRIDES:
        override = {"name": name, "present_match": True}
        yield _answer("refused-override", 400, {"prefix": "/", "headers": [override]})


def _answer(name: str, status: int, match: Node) -> Node:
    return {"name": name, "match": match, "direct_response": {"status": status}, "typed_per_filter_config": _alone()}


def _alone() -> Node:
    """An answer of our own needs no token and no cache."""
    return {**asked_for("public"), **switched_off(CACHE)}


def _pages(place: Place) -> Iterator[Node]:
    pages = {"/api/openapi.json": ("openapi.json", "application/json"), "/api/docs": ("docs.html", "text/html")}
    for path, (file, kind) in pages.items():
        told = [put("content-type", kind), put("cache-control", "public, max-age=60")]
        if kind == "text/html":
            told.append(put("content-security-policy", PAGE_SECURITY))
        yield {
            "name": path,
            "match": {
                "path": path,
                "headers": [{"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}],
            },
            "direct_response": {"status": 200, "body": {"filename": f"{place.folder}/{file}"}},
            "response_headers_to_add": told,
            "metadata": limits.counted_as("browse"),
            "typed_per_filter_config": _alone(),
        }


def _door() -> Iterator[Node]:
    """The development door, where there is one. It guards itself."""
    yield {
        "name": "/dev",
        "match": {"path_separated_prefix": "/dev"},
        "route": {"cluster": "door", "timeout": seconds(DOOR_SECONDS)},
        "typed_per_filter_config": _alone(),
    }


def _row(row: Row, service: Service) -> Iterator[Node]:
    """One row is one route, or a few: the canaries' before the others', the waiting ones before the quick ones."""
    for match, timeout in _matches(row):
        if service.canary:
            canary = {"name": TRACK, "string_match": {"exact": "canary"}}
            told = {**match, "headers": [*match.get("headers", ()), canary]}
            yield _route(row, told, timeout, {"cluster": f"{row.service}-canary"}, cache=False)
        yield _route(row, match, timeout, _shares(row.service, service), cache=row.cache)


def _matches(row: Row) -> Iterator[tuple[Node, int]]:
    match: Node = {"path_separated_prefix": row.prefix}
    if row.method is not None:
        match["headers"] = [{"name": ":method", "string_match": {"exact": row.method}}]
    if row.wait:
        yield {**match, "query_parameters": [{"name": "wait", "present_match": True}]}, row.timeout + row.wait
    yield match, row.timeout


def _shares(name: str, service: Service) -> Node:
    if not service.canary:
        return {"cluster": name}
    return {
        "weighted_clusters": {
            "clusters": [
                {"name": name, "weight": 100 - service.canary_weight},
                {"name": f"{name}-canary", "weight": service.canary_weight},
            ]
        }
    }


def _route(row: Row, match: Node, timeout: int, to: Node, *, cache: bool) -> Node:
    action: Node = {**to, "timeout": seconds(timeout)}
    if row.retry:
        action["retry_policy"] = _retries()
    if row.first:
        action["priority"] = "HIGH"
    if timeout == 0:
        action["idle_timeout"] = seconds(0)
    own = {
        **asked_for(row.auth),
        **for_route("buffer", "v3.BufferPerRoute", buffer={"max_request_bytes": row.body}),
        **({} if cache else switched_off(CACHE)),
    }
    noted = limits.counted_as(row.kind)
    return {"name": row.prefix, "match": match, "metadata": noted, "route": action, "typed_per_filter_config": own}


def _retries() -> Node:
    """Once, elsewhere, and only what may be asked twice: GET. A service that sheds says so with `x-shed`."""
    return {
        "retry_on": "connect-failure,reset,retriable-headers",
        "num_retries": 1,
        "retriable_headers": [{"name": "x-shed", "present_match": True}],
        "retriable_request_headers": [{"name": ":method", "string_match": {"exact": "GET"}}],
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": typed("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"),
            }
        ],
        # Each attempt is a throw of dice: with three, one in eight came back to the replica that had just died.
        "host_selection_retry_max_attempts": 20,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    }


def _origins(place: Place) -> Node:
    """Pages of these origins may call us from a browser; no credentials, no patterns."""
    if not place.origins:
        return {}
    return {
        "typed_per_filter_config": for_route(
            "cors",
            "v3.CorsPolicy",
            allow_origin_string_match=[{"exact": each} for each in place.origins],
            allow_methods="GET, POST, PUT, PATCH, DELETE",
            allow_headers="authorization, content-type, idempotency-key, if-none-match, last-event-id, traceparent",
            expose_headers="etag, location, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset",
            max_age="600",
            allow_credentials=False,
            forward_not_matching_preflights=False,
        )
    }
