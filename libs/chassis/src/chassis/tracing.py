"""Trace context: one trace per order, from the first request over the bus to the last listener."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind


@cache
def install(sampled_share: float = 0.0) -> None:
    """Make this process give ids to its traces; `sampled_share` of new ones are recorded."""
    trace.set_tracer_provider(
        TracerProvider(sampler=ParentBased(TraceIdRatioBased(sampled_share)), shutdown_on_exit=False)
    )


def current_traceparent() -> str | None:
    """The traceparent of the running span, or None outside of any."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")


def current_trace_id() -> str | None:
    """The running trace's id as 32 hex digits, or None outside of any."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


@contextmanager
def span(name: str, *, traceparent: str | None = None, kind: SpanKind = SpanKind.INTERNAL) -> Generator[Span]:
    """Run under a span; with `traceparent`, as the continuation of that trace."""
    context = extract({"traceparent": traceparent}) if traceparent else None
    tracer = trace.get_tracer("mercato")
    with tracer.start_as_current_span(name, context=context, kind=kind) as running:
        yield running
