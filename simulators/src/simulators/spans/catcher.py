"""The span catcher as one object: an OTLP/HTTP receiver with a memory."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from simulators.spans.wire import read

MOST = 50_000
"""So many spans are kept; the oldest go first."""
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
WENT_WRONG = 2

Told = Mapping[str, Any]
"""An ExportTraceServiceRequest, as JSON has it."""


class SpanCatcher:
    """`app` is its HTTP door; `take` needs none."""

    def __init__(self) -> None:
        self._spans: deque[dict[str, Any]] = deque(maxlen=MOST)
        self.app = _create_app(self)

    def take(self, told: Told) -> None:
        for resource in told.get("resourceSpans", ()):
            service = _attributes(resource.get("resource", {})).get("service.name", "")
            for scope in resource.get("scopeSpans", ()):
                self._spans.extend(_fact(str(service), span) for span in scope.get("spans", ()))

    def facts(self) -> list[dict[str, Any]]:
        """One line for each span."""
        return list(self._spans)

    def clear(self) -> None:
        self._spans.clear()


def _create_app(catcher: SpanCatcher) -> FastAPI:
    app = FastAPI(title="Span catcher", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/v1/traces")
    async def take(request: Request) -> Response:
        catcher.take(read(await request.body(), request.headers.get("content-type", "")))
        return Response(media_type="application/json", content="{}")

    @app.get("/control/facts")
    async def truth() -> StreamingResponse:
        return StreamingResponse(_lines(catcher.facts()), media_type="application/x-ndjson")

    @app.delete("/control/spans", status_code=204)
    async def forget() -> None:
        catcher.clear()

    return app


def _fact(service: str, span: Told) -> dict[str, Any]:
    began, ended = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    return {
        "kind": "span",
        "trace": span["traceId"],
        "id": span["spanId"],
        "parent": span.get("parentSpanId") or None,
        "service": service,
        "name": span["name"],
        "role": KINDS[span.get("kind", 0)],
        "at": datetime.fromtimestamp(began / 1e9, UTC).isoformat(),
        "milliseconds": (ended - began) / 1e6,
        "failed": span.get("status", {}).get("code") == WENT_WRONG,
        "attributes": _attributes(span),
    }


def _attributes(of: Told) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values()), None) for each in of.get("attributes", ())}


def _lines(facts: list[dict[str, Any]]) -> Iterator[str]:
    for each in facts:
        yield json.dumps(each) + "\n"
