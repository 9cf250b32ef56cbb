"""`python -m demo.documents`: write every generated document where it is committed."""

import json
from pathlib import Path
from typing import Any

from chassis.settings import example
from contracts.topology import SPEAKERS
from storefront.settings import StorefrontSettings

from demo.documents.asyncapi import SERVICES, asyncapi
from demo.documents.metrics import metrics_page
from demo.documents.openapi import SETTINGS, merged, service_documents
from demo.documents.page import page
from demo.routes import CHECKOUT


def documents() -> dict[Path, str]:
    """Each generated file, relative to the checkout, and what it must hold."""
    apis = service_documents()
    whole = merged(apis)
    found = {Path("gateway/openapi.json"): _json(whole), Path("gateway/docs.html"): page(whole)}
    found[Path("docs/metrics.md")] = metrics_page()
    for service in SERVICES:
        home = Path("services") / service
        found[home / "openapi.json"] = _json(apis[service])
        found[home / "asyncapi.json"] = _json(asyncapi(service))
        found[home / ".env.example"] = example(SETTINGS[service])
    found[Path("storefront/.env.example")] = example(StorefrontSettings)
    return found


def released_shapes() -> dict[Path, str]:
    """The shape of each message, to be written once: a released shape is not regenerated."""
    folder = Path("tests/contracts/released")
    return {
        folder / f"{each.routing_key()}.json": _json(each.model_json_schema())
        for said in SPEAKERS.values()
        for each in said
    }


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    for path, text in documents().items():
        (CHECKOUT / path).write_text(text)
    for path, text in released_shapes().items():
        if not (CHECKOUT / path).exists():
            (CHECKOUT / path).parent.mkdir(parents=True, exist_ok=True)
            (CHECKOUT / path).write_text(text)


if __name__ == "__main__":
    main()
