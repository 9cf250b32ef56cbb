"""OpenAPI per service, and all of them merged into the document that the gateway serves."""

import json
from typing import Any

from chassis.settings import ServiceSettings
from chassis.world import World
from notification_service.settings import NotificationSettings
from order_service.settings import OrderSettings
from payment_service.settings import PaymentSettings
from product_service.settings import ProductSettings
from user_service.settings import UserSettings

from demo.routes import read_routes
from demo.street import build_street

Document = dict[str, Any]

SETTINGS: dict[str, type[ServiceSettings]] = {
    "user": UserSettings,
    "product": ProductSettings,
    "order": OrderSettings,
    "payment": PaymentSettings,
    "notification": NotificationSettings,
}
ABOUT = {
    "user": "Who you are: accounts, sessions, roles.",
    "product": "What is sold and how many are left.",
    "order": "Carts, quotes, orders and where they stand.",
    "payment": "Saved payment methods and the provider's webhooks.",
    "notification": "Telling people.",
}


def service_documents() -> dict[str, Document]:
    """The public OpenAPI document of each service."""
    street = build_street(World())
    found: dict[str, Document] = {}
    for name, house in street.houses.items():
        document = house.apps.public.openapi()
        for verbs in document["paths"].values():
            for operation in verbs.values():
                operation["tags"] = [name]
        found[name] = document
    return found


def merged(documents: dict[str, Document]) -> Document:
    """One document for one shop, as it is behind the gateway.

    A schema name that two services use differently gets its service's name before it.
    """
    paths: Document = {}
    schemas: Document = {}
    answers: Document = {}
    schemes: Document = {}
    for service, document in documents.items():
        renamed = _apart(service, document, schemas)
        paths |= renamed["paths"]
        schemas |= renamed.get("components", {}).get("schemas", {})
        answers |= renamed.get("components", {}).get("responses", {})
        schemes |= renamed.get("components", {}).get("securitySchemes", {})
    _check_tokens(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mercato",
            "version": "1",
            "description": "Everything a customer, a storefront or the staff can ask of the shop. "
            "Money is integer minor units with an ISO 4217 currency, times are UTC, errors are RFC 9457 problems.",
        },
        "tags": [{"name": name, "description": ABOUT[name]} for name in documents if documents[name]["paths"]],
        "paths": paths,
        "components": {"schemas": schemas, "responses": answers, "securitySchemes": schemes},
    }


def _check_tokens(paths: Document) -> None:
    """The gateway refuses a bad token wherever it looks at one, whether the service would or not."""
    routes = read_routes()
    for path, verbs in paths.items():
        for verb, operation in verbs.items():
            if next(each for each in routes if each.leads(path, verb.upper())).auth != "public":
                operation["responses"].setdefault("401", {"$ref": "#/components/responses/NotSignedIn"})
                operation["responses"] = dict(sorted(operation["responses"].items()))


def _apart(service: str, document: Document, taken: Document) -> Document:
    own = document.get("components", {}).get("schemas", {})
    clashes = [name for name, schema in own.items() if name in taken and taken[name] != schema]
    text = json.dumps(document)
    for name in clashes:
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{service.title()}{name}"')
    renamed = json.loads(text)
    for name in clashes:
        renamed["components"]["schemas"][f"{service.title()}{name}"] = renamed["components"]["schemas"].pop(name)
    return renamed
