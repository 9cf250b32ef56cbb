"""What a service's OpenAPI document says besides what its routes declare: the answers that any of them may give."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from pydantic.json_schema import models_json_schema

from chassis.authz import Rule, Table
from chassis.problems import FieldProblem, Problem, ValidationProblem, told

Document = dict[str, Any]


class General(NamedTuple):
    """An answer that needs no declaration by a route: its name in the document, and its slugs."""

    name: str
    slugs: str
    body: type[Problem] = Problem


EVERYWHERE = {
    400: General("BadRequest", "bad_request"),
    422: General("InvalidRequest", "invalid_request", ValidationProblem),
    429: General("TooManyRequests", "too_many_requests"),
    431: General("HeadersTooLarge", "headers_too_large"),
    503: General("Unavailable", "unavailable or overloaded"),
    504: General("Timeout", "timeout"),
}
"""By status. Some come from the gateway alone, but whoever asks cannot tell."""
WITH_A_BODY = {
    400: General("BadBody", "bad_request or malformed_json"),
    408: General("RequestTimeout", "request_timeout"),
    413: General("BodyTooLarge", "body_too_large"),
    415: General("UnsupportedMediaType", "unsupported_media_type"),
}
SIGNED_IN = {401: General("NotSignedIn", "not_signed_in")}
BY_ROLE = {403: General("Forbidden", "forbidden")}

READ = frozenset({"post", "put", "patch", "delete"})
"""Of these a body is read, wanted or not."""
RETRY_AFTER = {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Seconds."}}
HEADERS: Mapping[int, Document] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}},
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}
"""What comes with a status, whoever answers it."""
NOBODY: Document = {}
"""As OpenAPI says that one need not be signed in."""
OWN_REFUSAL = "Idempotency-Key"
"""Required, but refused by name where it is missing: so the routes themselves have to let it be missing."""


def complete(plain: Callable[[], Document], table: Table) -> Callable[[], Document]:
    """In place of `app.openapi`: with all that the doors and `table` may answer."""

    @cache
    def openapi() -> Document:
        document = plain()
        components = document.setdefault("components", {})
        components["schemas"] = dict(sorted({**components.get("schemas", {}), **_schemas()}.items()))
        components["responses"] = _responses()
        for path, verbs in document["paths"].items():
            for verb, operation in verbs.items():
                _complete(operation, verb, table[verb.upper(), path])
        return document

    return openapi


def _schemas() -> Document:
    models = (Problem, FieldProblem, ValidationProblem)
    _, found = models_json_schema(
        [(each, "serialization") for each in models], ref_template="#/components/schemas/{model}"
    )
    return dict(found["$defs"])


def _responses() -> Document:
    return {
        each.name: told(each.slugs, body=each.body) | _headers(status)
        for group in (EVERYWHERE, WITH_A_BODY, SIGNED_IN, BY_ROLE)
        for status, each in group.items()
    }


def _headers(status: int) -> Document:
    return {"headers": HEADERS[status]} if status in HEADERS else {}


def _complete(operation: Document, verb: str, rule: Rule) -> None:
    answers = operation["responses"]
    for status, general in _general(verb, rule).items():
        own = answers.get(str(status))
        if own is None or own["description"] == general.slugs:
            answers[str(status)] = {"$ref": f"#/components/responses/{general.name}"}
        else:
            answers[str(status)] = _either(own, general) | _headers(status)
    for parameter in operation.get("parameters", []):
        parameter["required"] = parameter["required"] or parameter["name"] == OWN_REFUSAL
        parameter["schema"] = _without_null(parameter["schema"])
    if rule.reads_token and "anonymous" in rule.who:
        operation["security"].append(NOBODY)
    operation["responses"] = dict(sorted(answers.items()))


def _without_null(schema: Document) -> Document:
    """A parameter can be left out, but there is no way to send null."""
    match schema.get("anyOf"):
        case [only, {"type": "null"}]:
            return {name: value for name, value in schema.items() if name != "anyOf"} | only
        case _:
            return schema


def _general(verb: str, rule: Rule) -> Mapping[int, General]:
    found = {**EVERYWHERE, **(WITH_A_BODY if verb in READ else {})}
    if rule.reads_token:
        found |= SIGNED_IN
        found |= BY_ROLE if rule.who.isdisjoint({"anonymous", "customer"}) else {}
    return found


def _either(own: Document, general: General) -> Document:
    """What a route says of a status with which something general is answered, too."""
    slugs = dict.fromkeys([*own["description"].split(" or "), *general.slugs.split(" or ")])
    bodies = dict.fromkeys((general.body, Problem))
    return told(" or ".join(slugs), body=tuple(bodies))
