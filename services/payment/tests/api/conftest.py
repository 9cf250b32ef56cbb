"""The public door, watched: whatever it answers must be declared."""

from collections.abc import AsyncGenerator

import httpx2
import pytest
from fastapi import FastAPI

EVERYWHERE = {401, 413, 415, 422, 503}
"""What the chassis answers for every route."""


@pytest.fixture(autouse=True)
async def only_declared_statuses(client: httpx2.AsyncClient) -> AsyncGenerator[None]:
    seen: list[httpx2.Response] = []

    async def note(answer: httpx2.Response) -> None:
        seen.append(answer)

    client.event_hooks["response"].append(note)
    yield
    declared = _declared(client._transport.app)
    for answer in seen:
        assert answer.status_code in declared[answer.request.method] | EVERYWHERE, answer.request.url
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


def _declared(app: FastAPI) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for path in app.openapi()["paths"].values():
        for method, operation in path.items():
            found.setdefault(method.upper(), set()).update(int(status) for status in operation["responses"])
    return found
