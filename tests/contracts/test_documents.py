"""What is committed as a document is what the code says today."""

import pytest
from demo.documents.__main__ import documents
from demo.routes import CHECKOUT, read_routes

DOCUMENTS = documents()


@pytest.mark.parametrize("path", sorted(DOCUMENTS), ids=str)
def test_the_committed_document_is_the_generated_one(path) -> None:
    assert (CHECKOUT / path).read_text() == DOCUMENTS[path], "run `make documents` and look at the difference"


def test_every_public_path_is_routed_to_the_service_that_serves_it() -> None:
    import json

    routes = read_routes()
    for service in ("user", "product", "order", "payment", "notification"):
        document = json.loads((CHECKOUT / "services" / service / "openapi.json").read_text())
        for path in document["paths"]:
            owner = next((route.service for route in routes if route.leads(path)), None)
            assert owner == service, f"{path} of {service} is routed to {owner}"
