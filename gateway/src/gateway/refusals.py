"""Every way Envoy itself says no, as the problem+json that a service would have answered."""

from gateway.envoy import Node, extension
from gateway.headers import NO_STORE, on_every_answer, put
from gateway.people import PAGE, SECURITY, WANTS_PAGE

SAID_BY_JWT = 'response.code_details.startsWith("jwt_authn_access_denied")'
KEYS_AWAY = 'response.code_details.startsWith("jwt_authn_access_denied{Jwks_remote_fetch")'

REFUSALS: tuple[tuple[int, str, str], ...] = (
    (400, "bad_request", "This is not a request that we can read."),
    (401, "not_signed_in", "Please sign in."),
    (403, "forbidden", "You may not do this."),
    (404, "not_found", "There is nothing at this address."),
    (405, "method_not_allowed", "This method is not spoken here."),
    (408, "request_timeout", "The request took too long to arrive."),
    (413, "body_too_large", "The body is too large."),
    (426, "upgrade_required", "HTTP/1.1 or newer, please."),
    (429, "too_many_requests", "Too many requests from your address. Please wait a moment."),
    (431, "headers_too_large", "The headers are too large."),
    (500, "internal_error", "Something went wrong on our side."),
    (502, "unavailable", "The service answered in a way that we cannot pass on."),
    (503, "unavailable", "Please try again in a moment."),
    (504, "timeout", "The service did not answer in time."),
)


def local_replies() -> Node:
    """First match wins. When nobody can answer, people get a page.

    A token whose issuer cannot be asked is nobody's fault but ours: 503, not 401.
    """
    return {
        "mappers": [
            _for_people(),
            _mapper(_told(KEYS_AWAY), 503, "unavailable", "Please try again in a moment."),
            _mapper(_told(SAID_BY_JWT), 401, "not_signed_in", "Please sign in."),
            *(_mapper(_status("EQ", status), status, slug, detail) for status, slug, detail in REFUSALS),
            _mapper(_status("GE", 400), None, "refused", "This request was refused."),
        ]
    }


def _mapper(when: Node, status: int | None, slug: str, detail: str) -> Node:
    added = [*on_every_answer(), put("cache-control", NO_STORE)]
    if status == 401:
        added.append(put("www-authenticate", "Bearer"))
    if status == 503:
        added.append(put("retry-after", "1"))
    body: Node = {
        "type": f"urn:mercato:problem:{slug}",
        "title": slug.replace("_", " ").capitalize(),
        "status": "%RESPONSE_CODE%",
        "detail": detail,
        "trace": "%TRACE_ID%",
    }
    changed = {"status_code": status} if status is not None else {}
    return {
        "filter": when,
        **changed,
        "headers_to_add": added,
        "body_format_override": {"json_format": body, "content_type": "application/problem+json"},
    }


def _for_people() -> Node:
    """For a 502, 503 or 504 in a browser's window."""
    own = put("content-security-policy", SECURITY)
    others = (each for each in on_every_answer() if each["header"]["key"] != own["header"]["key"])
    added = [
        own,
        *others,
        put("cache-control", NO_STORE),
        put("retry-after", "2"),
    ]
    return {
        "filter": {"and_filter": {"filters": [_told(WANTS_PAGE), _status("GE", 502)]}},
        "headers_to_add": added,
        "body_format_override": {
            "text_format_source": {"inline_string": PAGE.replace("%", "%%")},
            "content_type": "text/html; charset=utf-8",
        },
    }


def _status(comparison: str, status: int) -> Node:
    value = {"default_value": status, "runtime_key": f"gateway.refusals.{comparison.lower()}_{status}"}
    return {"status_code_filter": {"comparison": {"op": comparison, "value": value}}}


def _told(expression: str) -> Node:
    cel = "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    return {"extension_filter": extension("envoy.access_loggers.extension_filters.cel", cel, expression=expression)}
