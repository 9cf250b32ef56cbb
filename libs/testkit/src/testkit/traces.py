"""Spans of this process, to be questioned by the test that made them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chassis import tracing
from chassis.otlp import to_json
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

Span = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """What was recorded since the test began, in the order in which it ended."""

    kept: InMemorySpanExporter

    @property
    def ended(self) -> Sequence[ReadableSpan]:
        tracing.flush()
        return self.kept.get_finished_spans()

    @property
    def spans(self) -> Sequence[Span]:
        """As they would leave the process."""
        return [
            span
            for resource in to_json(self.ended)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.ended]


@contextmanager
def recorded(*, share: float = 1.0) -> Iterator[Recorded]:
    """Record while the context is open."""
    kept = InMemorySpanExporter()
    tracing.record_for(kept, service="tested", share=share)
    try:
        yield Recorded(kept)
    finally:
        tracing.stop()
