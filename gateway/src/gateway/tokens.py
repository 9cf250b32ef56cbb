"""Access tokens at the edge: a forged one costs a service nothing. Services verify again on their own."""

from gateway.envoy import Node, for_route, http_filter, seconds
from gateway.place import Place
from gateway.table import Auth

ISSUER = "mercato"
AUDIENCE = "shop-api"
KEYS_PATH = "/.well-known/jwks.json"
LEEWAY_SECONDS = 30
PROVIDER = "user"


def token_check(place: Place) -> Node:
    """Signature, issuer, audience and times, by the keys that the user service publishes."""
    provider = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "forward": True,
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        "clock_skew_seconds": LEEWAY_SECONDS,
        "require_expiration": True,
        "jwt_cache_config": {"jwt_cache_size": 1000},
        "remote_jwks": {
            "http_uri": {"uri": f"http://user{KEYS_PATH}", "cluster": "user", "timeout": seconds(1)},
            "cache_duration": seconds(place.keys_seconds),
            # In the background, so that no request waits for keys; the last good ones stay when user is away.
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": seconds(1)},
        },
    }
    missing_is_fine: Node = {"requires_any": {"requirements": [{"provider_name": PROVIDER}, {"allow_missing": {}}]}}
    return http_filter(
        "jwt_authn",
        "v3.JwtAuthentication",
        providers={PROVIDER: provider},
        requirement_map={"required": {"provider_name": PROVIDER}, "optional": missing_is_fine},
    )


def asked_for(auth: Auth) -> Node:
    """On a route: whether a token must be there, may be there, or is not looked at."""
    return for_route(
        "jwt_authn",
        "v3.PerRouteConfig",
        **({"disabled": True} if auth == "public" else {"requirement_name": auth}),
    )
