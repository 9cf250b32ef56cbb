"""Envoy's own words: nodes of its configuration, and how its extensions are named."""

from typing import Any

Node = dict[str, Any]

_TYPE = "type.googleapis.com/"
FILTERS = "envoy.extensions.filters.http"


def typed(message: str, **fields: Any) -> Node:
    """A message that says of what type it is."""
    return {"@type": f"{_TYPE}{message}", **fields}


def extension(name: str, message: str, **fields: Any) -> Node:
    """An extension by its registered name, with its configuration."""
    return {"name": name, "typed_config": typed(message, **fields)}


def http_filter(short: str, message: str, **fields: Any) -> Node:
    """`http_filter("cors", "v3.Cors")` is the filter that Envoy calls envoy.filters.http.cors."""
    return extension(f"envoy.filters.http.{short}", f"{FILTERS}.{short}.{message}", **fields)


def for_route(short: str, message: str, **fields: Any) -> Node:
    """What one route says differently to a filter."""
    return {f"envoy.filters.http.{short}": typed(f"{FILTERS}.{short}.{message}", **fields)}


def switched_off(short: str) -> Node:
    """One route does without a filter."""
    return {f"envoy.filters.http.{short}": typed("envoy.config.route.v3.FilterConfig", disabled=True)}


def socket(host: str, port: int) -> Node:
    return {"socket_address": {"address": host, "port_value": port}}


def seconds(value: float) -> str:
    return f"{value:g}s"
