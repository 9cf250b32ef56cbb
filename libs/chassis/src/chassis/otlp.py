"""Spans over OTLP/HTTP, as JSON: what every collector reads, with nothing but the standard library.

The official exporter brings protobuf and an HTTP client of its own, in ten processes: docs/decisions, number 8.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, override
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

SEEN = frozenset(
    {
        "db.operation.name",
        "db.system",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "messaging.type",
        "peer.service",
    }
)
"""What leaves of a span. Not paths, queries, statements, texts of exceptions: there are people in those."""
ANSWER_SECONDS = 2.0
PATH = "/v1/traces"


class Exporter(SpanExporter):
    """Posts to a collector, from the thread that the SDK keeps for it. What cannot be sent is lost; nobody waits."""

    def __init__(self, collector: str) -> None:
        where = urlsplit(collector)
        self._connect = HTTPSConnection if where.scheme == "https" else HTTPConnection
        self._host = where.netloc
        self._path = where.path.rstrip("/") + PATH
        self._hurried = False
        self._given_up = False

    def hurry(self) -> None:
        """From now on, the first failure is the last attempt."""
        self._hurried = True

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._given_up or not self._post(spans):
            self._given_up = self._hurried
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def _post(self, spans: Sequence[ReadableSpan]) -> bool:
        body = json.dumps(to_json(spans), separators=(",", ":")).encode()
        connection = self._connect(self._host, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            return connection.getresponse().status < 300
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def to_json(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """An ExportTraceServiceRequest."""
    by_service: defaultdict[str, list[ReadableSpan]] = defaultdict(list)
    for each in spans:
        by_service[str(each.resource.attributes.get("service.name", ""))].append(each)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": service})},
                "scopeSpans": [{"scope": {"name": "mercato"}, "spans": [_span(each) for each in mine]}],
            }
            for service, mine in by_service.items()
        ]
    }


def _span(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context()
    assert context is not None
    told: dict[str, Any] = {
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
        "name": span.name,
        "kind": span.kind.value + 1,  # OTLP has a zero for "not said"
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes({name: value for name, value in (span.attributes or {}).items() if name in SEEN}),
        "status": {"code": span.status.status_code.value},
    }
    if span.parent is not None:
        told["parentSpanId"] = f"{span.parent.span_id:016x}"
    return told


def _attributes(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(fact)} for name, fact in facts.items()]


def _value(fact: Any) -> dict[str, Any]:
    return {"intValue": str(fact)} if isinstance(fact, int) else {"stringValue": str(fact)}
