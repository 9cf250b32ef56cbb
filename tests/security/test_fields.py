"""Fields: nobody writes one that authz.yaml does not declare; owners of orders are shown none that is for staff."""

import json
from collections.abc import Iterator
from typing import Any

from chassis.authz import Route
from demo.documents.openapi import merged, service_documents

from tests.security.belongings import belongings
from tests.security.cast import ROLES, Cast
from tests.security.declared import DECLARED, PARAMETER
from tests.security.test_authorisation_matrix import nowhere

DOCUMENT = merged(service_documents())
STAFF = "/api/v1/staff/"
WITH_A_BODY = frozenset({"POST", "PUT", "PATCH"})
ORDER_FOR_STAFF = {
    "user_id",
    "version",
    "came_from",
    "awaits",
    "next_action_at",
    "tries",
    "needs_review",
    "cancelled_by_staff",
    "refunds",
    "transitions",
}
BY_SIGNATURE = {("POST", "/api/v1/webhooks/psp")}
"""Its body is the provider's, and means nothing without its signature."""


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema


def shown(schema: dict[str, Any]) -> set[str]:
    """Every name that a schema declares, at any depth."""
    found, waiting, seen = set[str](), [schema], list[dict[str, Any]]()
    while waiting:
        each = resolved(waiting.pop())
        if each in seen:
            continue
        seen.append(each)
        found |= each.get("properties", {}).keys()
        waiting += each.get("properties", {}).values()
        waiting += [inner for name in ("anyOf", "oneOf", "allOf") for inner in each.get(name, [])]
        waiting += [each[name] for name in ("items", "additionalProperties") if isinstance(each.get(name), dict)]
    return found


def undeclared(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """The names in a JSON value that the schema does not have at their place. Where names are data, all are welcome."""
    told = resolved(schema)
    choices = [resolved(each) for each in told.get("anyOf", [told])]
    if isinstance(value, list):
        for each in value:
            yield from undeclared(each, next(choice["items"] for choice in choices if "items" in choice))
    if isinstance(value, dict) and not any(choice.get("additionalProperties") for choice in choices):
        known = {name: inner for choice in choices for name, inner in choice.get("properties", {}).items()}
        yield from value.keys() - known.keys()
        for name in value.keys() & known.keys():
            yield from undeclared(value[name], known[name])


def answered(route: Route) -> set[str]:
    """Every name that a route shows when all is well."""
    return shown(schema_of(route))


def schema_of(route: Route) -> dict[str, Any]:
    """What the released document says of it."""
    method, path = route
    answers = DOCUMENT["paths"][path][method.lower()]["responses"]
    good = next(answer for status, answer in answers.items() if status.startswith("2"))
    return good.get("content", {}).get("application/json", {}).get("schema", {})


def for_staff_alone(service: str) -> set[str]:
    """What a service's staff routes show or let one write, and none of its other routes does."""
    of = {route: rule for route, (each, rule) in DECLARED.items() if each == service}
    staff, others = set[str](), set[str]()
    for route, rule in of.items():
        names = answered(route) | rule.writes
        if route[1].startswith(STAFF) or rule.who.isdisjoint({"anonymous", "customer"}):
            staff |= names
        else:
            others |= names
    return staff - others


async def test_a_field_that_is_not_declared_is_refused_by_its_name(cast: Cast) -> None:
    asked = [route for route in DECLARED if route[0] in WITH_A_BODY and route not in BY_SIGNATURE]
    wrong, tried = [], 0

    for method, path in asked:
        service, rule = DECLARED[method, path]
        not_declared = {*for_staff_alone(service), "roles", "user_id", "surprise"} - rule.writes
        for who in (None, *ROLES):
            if not (rule.who & ROLES[who] if who else "anonymous" in rule.who):
                continue
            for name in not_declared:
                answer = await cast.ask(method, nowhere(path), who, json={name: 1})
                named = {each["field"] for each in answer.json().get("errors", [])}
                tried += 1
                if answer.status_code != 422 or name not in named:
                    wrong.append(f"{who}: {method} {path}: {name}: {answer.status_code} {sorted(named)}")
    print(f"{len(asked)} routes with a body, {tried} fields that nobody declared")

    assert wrong == []
    assert len(asked) > 20


async def test_a_customer_is_shown_what_the_released_document_declares_and_nothing_else(cast: Cast) -> None:
    mine = await belongings(cast)
    seen = 0

    for (method, path), (_, rule) in DECLARED.items():
        if method != "GET" or "customer" not in rule.who or path.endswith("/stream"):
            continue
        filled = PARAMETER.sub(lambda found: mine[found[1]], path)
        answer = await cast.ask(method, filled, "owner")
        assert answer.status_code == 200, answer.text
        assert list(undeclared(answer.json(), schema_of((method, path)))) == [], path
        seen += 1
    assert seen > 8


async def test_staff_is_shown_more_of_the_same_order_than_its_owner(cast: Cast) -> None:
    order = (await belongings(cast))["order_id"]

    owners_text = (await cast.ask("GET", f"/api/v1/orders/{order}", "owner")).text
    owners = json.loads(owners_text)
    staffs = (await cast.ask("GET", f"/api/v1/staff/orders/{order}", "support")).json()

    assert owners.keys() < staffs.keys()
    assert staffs.keys() - owners.keys() == ORDER_FOR_STAFF
    assert [name for name in ORDER_FOR_STAFF if f'"{name}":' in owners_text] == []
