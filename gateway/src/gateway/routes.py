"""The route table as Envoy reads it, from a file of its own that may be changed while it runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway import limits
from gateway.cache import CACHE
from gateway.envoy import Node, for_route, seconds, switched_off, typed
from gateway.headers import OVERRIDES, put
from gateway.place import Place, Service
from gateway.table import EVERYTHING_ELSE, Row, Table
from gateway.tokens import asked_for

NAME = "shop"
METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
DANGEROUS = r".*(;|\\|%00|%25|%3[bB]|%5[cC]).*"
"""In a path of ours there is none of these; other servers have read them as something else."""
TRACK = "x-shop-track"
PAGE_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
LONGEST_PAGE = 2 * 1024 * 1024
DOOR_SECONDS = 60
SILENCE_SECONDS = 40
"""A stream says that it is there every 15 s. Who says nothing for so long has stopped, and its client shall know."""
READ = {"name": ":method", "string_match": {"exact": "GET"}}
CARRIES_COOKIES = {"name": "cookie", "present_match": True}
FOR_PROGRAMS = ("/api", "/.well-known", "/dev")
"""Whoever asks for something else there is told so in a program's words, and gets no page."""


@dataclass(frozen=True, slots=True)
class Way:
    """Some of a row's requests: those that match."""

    match: Node
    timeout: float
    again_after: float | None = None
    """When another replica is asked too, while the first one says nothing; None: nobody is asked twice."""


def route_configuration(place: Place, table: Table) -> Node:
    """What is refused whoever asks, what we answer ourselves, then the table. The rest is 404."""
    routes = [*_refused(), *_pages(place), *(_door() if place.door else ())]
    for row in table.rows:
        if row.prefix == EVERYTHING_ELSE:
            routes.extend(_answer("nowhere", 404, {"path_separated_prefix": each}) for each in FOR_PROGRAMS)
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
    """One row is one route, or a few: the canaries' before the others', the special ones before the plain ones."""
    for way in _ways(row):
        if service.canary:
            canary = {"name": TRACK, "string_match": {"exact": "canary"}}
            to_canary = replace(way, match=_and_header(way.match, canary))
            yield _route(row, to_canary, {"cluster": f"{row.service}-canary"}, cache=False)
        if row.cache and row.cookies:
            # The cache does not look at cookies: whoever carries any is led past it.
            known = replace(way, match=_and_header(way.match, CARRIES_COOKIES))
            yield _route(row, known, _shares(row.service, service), cache=False)
        yield _route(row, way, _shares(row.service, service), cache=row.cache)


def _ways(row: Row) -> Iterator[Way]:
    """Waiting before quick, and each of them reads before the rest: only a read may be asked twice."""
    plain = _where(row.prefix)
    if row.method is not None:
        plain = _and_header(plain, {"name": ":method", "string_match": {"exact": row.method}})
    reads = row.retry and row.method in (None, "GET")
    half = row.timeout / 2
    if row.wait:
        waiting = {**plain, "query_parameters": [{"name": "wait", "present_match": True}]}
        if reads:
            # Who waits is in nobody's way: the second one may wait as long as the first one did.
            yield Way(_and_header(waiting, READ), 2 * (half + row.wait), again_after=half + row.wait)
        yield Way(waiting, row.timeout + row.wait)
    if reads:
        yield Way(_and_header(plain, READ), row.timeout, again_after=half)
    yield Way(plain, row.timeout)


def _where(prefix: str) -> Node:
    if prefix == EVERYTHING_ELSE:
        return {"prefix": prefix}
    if "*" in prefix:
        return {"safe_regex": {"regex": re.escape(prefix).replace(r"\*", "[^/]+")}}
    return {"path_separated_prefix": prefix}


def _and_header(match: Node, header: Node) -> Node:
    return {**match, "headers": [*match.get("headers", ()), header]}


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


def _route(row: Row, way: Way, to: Node, *, cache: bool) -> Node:
    action: Node = {**to, "timeout": seconds(way.timeout)}
    if way.again_after is not None:
        action |= _again(way.again_after)
    if row.first:
        action["priority"] = "HIGH"
    if way.timeout == 0:
        action["idle_timeout"] = seconds(SILENCE_SECONDS)
    own = {
        **asked_for(row.auth),
        **for_route("buffer", "v3.BufferPerRoute", buffer={"max_request_bytes": row.body}),
        **({} if cache else switched_off(CACHE)),
        **(_for_a_visitor() if row.cookies else {}),
    }
    noted = limits.counted_as(row.kind)
    return {
        "name": row.prefix,
        # How each class of traffic fares, whichever service answers it: what the objectives are measured by.
        "stat_prefix": row.kind,
        "match": way.match,
        "metadata": noted,
        "route": action,
        "typed_per_filter_config": own,
        # The cache keeps nothing that varies, and need not: who has cookies is led past it. Outside it is said again.
        **({"response_headers_to_remove": ["vary"]} if row.cookies else {}),
    }


def _again(after: float) -> Node:
    """Once, elsewhere: when the first one is not there, sheds (it says so with `x-shed`), or says nothing for so long.

    Whoever is only slow may still answer: the first of the two that does is heard.
    """
    policy = {
        "retry_on": "connect-failure,reset,retriable-headers",
        "num_retries": 1,
        "per_try_timeout": seconds(after),
        "retriable_headers": [{"name": "x-shed", "present_match": True}],
        "retriable_request_headers": [READ],
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
    return {"retry_policy": policy, "hedge_policy": {"hedge_on_per_try_timeout": True}}


def _for_a_visitor() -> Node:
    """Told to whoever else keeps it that it varies; and no other origin's business, whoever may use the interface."""
    varies = {"append": {"header": {"key": "vary", "value": "cookie"}, "append_action": "APPEND_IF_EXISTS_OR_ADD"}}
    # A list with nobody on it: an empty one would be none at all, and the one of all routes would count.
    nobody = {"allow_origin_string_match": [{"exact": "nobody"}], "forward_not_matching_preflights": False}
    return {
        **for_route("header_mutation", "v3.HeaderMutationPerRoute", mutations={"response_mutations": [varies]}),
        **for_route("cors", "v3.CorsPolicy", **nobody),
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
