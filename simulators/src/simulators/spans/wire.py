"""OTLP as it comes over the wire: JSON from our services, protobuf from Envoy."""

import json
from base64 import b64decode
from typing import Any

PROTOBUF = "application/x-protobuf"
IDS = ("traceId", "spanId", "parentSpanId")


def read(body: bytes, kind: str) -> dict[str, Any]:
    """An ExportTraceServiceRequest, as JSON has it, with numbers for enums and hexadecimal ids."""
    return _from_protobuf(body) if kind.startswith(PROTOBUF) else json.loads(body)


def _from_protobuf(body: bytes) -> dict[str, Any]:
    # Here, because it is 10 MB that only a collector behind an Envoy needs.
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    told = MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
    for resource in told.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                # Bytes are base64 in every protobuf's JSON; OTLP alone wants its ids otherwise.
                span.update({name: b64decode(span[name]).hex() for name in IDS if name in span})
    return told
