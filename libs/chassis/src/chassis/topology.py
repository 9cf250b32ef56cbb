"""Applying a topology to a running broker, by its management interface. For the migration job and for tests."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx2

TIMEOUT_SECONDS = 20.0


async def apply(management_url: str, definitions: Mapping[str, Any], *, vhost: str = "/") -> None:
    """Make what is missing, in the order in which nothing can be lost: policies, exchanges, queues, bindings.

    Safe to repeat. Raises httpx2.HTTPError when the broker refuses or does not answer.
    """
    place = quote(vhost, safe="")
    async with httpx2.AsyncClient(base_url=management_url, timeout=TIMEOUT_SECONDS) as client:

        async def put(path: str, body: Mapping[str, Any]) -> None:
            (await client.put(f"/api/{path}", json=body)).raise_for_status()

        for each in definitions["policies"]:
            body = {key: each[key] for key in ("pattern", "apply-to", "definition", "priority")}
            await put(f"policies/{place}/{quote(each['name'], safe='')}", body)
        for each in definitions["exchanges"]:
            body = {key: each[key] for key in ("type", "durable", "auto_delete", "internal", "arguments")}
            await put(f"exchanges/{place}/{quote(each['name'], safe='')}", body)
        for each in definitions["queues"]:
            body = {key: each[key] for key in ("durable", "auto_delete", "arguments")}
            await put(f"queues/{place}/{quote(each['name'], safe='')}", body)
        for each in definitions["bindings"]:
            path = f"bindings/{place}/e/{quote(each['source'], safe='')}/q/{quote(each['destination'], safe='')}"
            made = await client.post(f"/api/{path}", json={"routing_key": each["routing_key"]})
            made.raise_for_status()
        for each in definitions.get("users", ()):
            await put(f"users/{quote(each['name'], safe='')}", {**each, "tags": ""})
        for each in definitions.get("permissions", ()):
            rights = {key: each[key] for key in ("configure", "write", "read")}
            await put(f"permissions/{place}/{quote(each['user'], safe='')}", rights)
