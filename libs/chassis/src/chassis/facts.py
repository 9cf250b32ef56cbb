"""The facts door: what a service's store holds, one JSON object a line, for development and `verify`."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

Facts = Callable[[], AsyncIterator[dict[str, Any]]]
NDJSON = "application/x-ndjson"


def router(facts: Facts) -> APIRouter:
    """`GET /facts`, for the internal port, where the development door is open."""
    routes = APIRouter()

    @routes.get("/facts", include_in_schema=False)
    async def everything() -> StreamingResponse:
        lines = _lines(facts)
        # Before the answer begins, so that a store that is away makes it a refusal and not half a tale.
        first = await anext(lines, "")
        return StreamingResponse(_after(first, lines), media_type=NDJSON)

    return routes


async def _after(first: str, rest: AsyncGenerator[str]) -> AsyncGenerator[str]:
    yield first
    async for line in rest:
        yield line


async def _lines(facts: Facts) -> AsyncGenerator[str]:
    async for fact in facts():
        yield json.dumps(fact, default=str) + "\n"
