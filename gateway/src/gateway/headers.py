"""What every answer carries, whoever gives it, and what no request may bring along."""

from gateway.envoy import Node

SECURITY: dict[str, str] = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-site",
}
UNLESS_SAID_BETTER: dict[str, str] = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
"""A picture is sandboxed, the page of documents has a style. Pages for people have forms, and with `no-referrer`
browsers would not say from where a form was sent."""
NO_STORE = "no-store"

SPOOFABLE = ("x-forwarded-", "x-user-", "x-internal-", "x-envoy-", "x-original-")
"""Beginnings of names that only we may write."""
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
LIMITS = ("limit", "remaining", "reset")


def put(name: str, value: str) -> Node:
    """Set a header, whatever it was."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def put_if_absent(name: str, value: str) -> Node:
    return {"header": {"key": name, "value": value}, "append_action": "ADD_IF_ABSENT"}


def on_every_answer() -> list[Node]:
    """The set that a test finds on all answers."""
    return [
        *(put(name, value) for name, value in SECURITY.items()),
        *(put_if_absent(name, value) for name, value in UNLESS_SAID_BETTER.items()),
    ]


def answers() -> list[Node]:
    """How the outermost filter finishes an answer."""
    renamed = [put(f"ratelimit-{part}", f"%RESP(x-ratelimit-{part})%") for part in LIMITS]
    return [
        *({"append": each} for each in (*on_every_answer(), put_if_absent("cache-control", NO_STORE), *renamed)),
        {"append": {"header": {"key": "vary", "value": "origin"}, "append_action": "APPEND_IF_EXISTS_OR_ADD"}},
        *({"remove": name} for name in ("server", "x-powered-by", "via")),
        *({"remove_on_match": {"key_matcher": {"prefix": each}}} for each in ("x-ratelimit-", "x-envoy-")),
    ]


def strip_claims(*, trusted_hops: int) -> list[Node]:
    """What a client says about itself is a claim, not a fact: gone before anything reads it.

    Behind a proxy that we trust, its X-Forwarded-For stays, because it is the only word on who the client is.
    """
    if trusted_hops == 0:
        return [{"remove_on_match": {"key_matcher": {"prefix": each, "ignore_case": True}}} for each in SPOOFABLE]
    others = [each for each in SPOOFABLE if each != "x-forwarded-"]
    forwarded = ("x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-client-cert")
    return [
        *({"remove_on_match": {"key_matcher": {"prefix": each, "ignore_case": True}}} for each in others),
        *({"remove": name} for name in forwarded),
    ]


def facts() -> list[Node]:
    """What we tell the services of the client: one address, the one we limited it by."""
    return [
        {"append": put("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")},
        {"remove": "forwarded"},
    ]
