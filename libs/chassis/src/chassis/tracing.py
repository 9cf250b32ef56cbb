"""Traces: one per order, from the gateway over the bus to the last listener.

Without a collector nothing is recorded: a process then only hands on the ids, which logs and problems name.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, override

from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from chassis.otlp import Exporter

SEND_EVERY_MS = 1000
MOST_WAITING = 8192
"""Spans beyond that are dropped: a collector that is slow costs nobody a request."""


class _Chosen(Sampler):
    """OpenTelemetry lets a process set up its traces once; what is recorded may be chosen later."""

    sampler: Sampler = ALWAYS_OFF

    @override
    def should_sample(self, *told: Any, **named: Any) -> SamplingResult:
        return self.sampler.should_sample(*told, **named)

    @override
    def get_description(self) -> str:
        return self.sampler.get_description()


_chosen = _Chosen()
_exporters: list[Exporter] = []


def install(*, service: str = "", collector: str | None = None, share: float = 1.0) -> None:
    """Give ids to this process's traces; send their spans to `collector`, the base URL of an OTLP/HTTP receiver.

    Whoever began a trace has decided whether it is recorded; of those that begin here a `share` is.
    """
    if collector is None:
        _provider(service)
    else:
        _exporters.append(Exporter(collector))
        record_for(_exporters[-1], service=service, share=share)


def record_for(exporter: SpanExporter, *, service: str, share: float = 1.0) -> None:
    """Record from now on, and give the spans to `exporter`, in a thread of its own."""
    _chosen.sampler = ParentBased(TraceIdRatioBased(share))
    batches = BatchSpanProcessor(exporter, max_queue_size=MOST_WAITING, schedule_delay_millis=SEND_EVERY_MS)
    _provider(service).add_span_processor(batches)


def flush() -> None:
    """Give out what is waiting."""
    _provider("").force_flush()


def stop() -> None:
    """Record no more."""
    _chosen.sampler = ALWAYS_OFF


def close() -> None:
    """Send what has not been sent, before the process ends; a collector that does not answer is not waited for."""
    for each in _exporters:
        each.hurry()
    if _exporters:
        _provider("").shutdown()


def installed() -> bool:
    """Does this process record at all? What only serves recording need not be set up otherwise."""
    return _chosen.sampler is not ALWAYS_OFF


def recording() -> bool:
    """Is the running span one that somebody will see?"""
    return trace.get_current_span().is_recording()


def current_traceparent() -> str | None:
    """The traceparent of the running span, or None outside of any."""
    return _traceparent_of(trace.get_current_span())


def current_trace_id() -> str | None:
    """The running trace's id as 32 hex digits, or None outside of any."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


@contextmanager
def span(name: str, *, traceparent: str | None = None, kind: SpanKind = SpanKind.INTERNAL) -> Generator[Span]:
    """Run under a span; with `traceparent`, as the continuation of that trace."""
    context = extract({"traceparent": traceparent}) if traceparent else None
    # What an exception says may be somebody's: the span only tells its name.
    with tracer().start_as_current_span(
        name, context=context, kind=kind, record_exception=False, set_status_on_exception=False
    ) as running:
        try:
            yield running
        except Exception as fault:
            running.set_attribute("error.type", type(fault).__name__)
            running.set_status(Status(StatusCode.ERROR))
            raise


@contextmanager
def step(name: str, **facts: str) -> Generator[None]:
    """A call to somebody else inside of the running span; nothing at all where that is not recorded."""
    if not recording():
        yield
        return
    with span(name, kind=SpanKind.CLIENT) as running:
        running.set_attributes({key.replace("_", ".", 1): fact for key, fact in facts.items()})
        yield


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way, as a span: begun when it leaves, ended when the broker has it."""

    span: Span

    @classmethod
    def leaves(cls, name: str, *, traceparent: str | None) -> "Parcel | None":
        """None where nobody records the trace."""
        if traceparent is None or not installed():
            return None
        context = extract({"traceparent": traceparent})
        if not trace.get_current_span(context).get_span_context().trace_flags.sampled:
            return None
        return cls(tracer().start_span(name, context=context, kind=SpanKind.PRODUCER))

    @property
    def traceparent(self) -> str | None:
        return _traceparent_of(self.span)

    def arrives(self, *, taken: bool) -> None:
        if not taken:
            self.span.set_status(Status(StatusCode.ERROR))
        self.span.end()


def _provider(service: str) -> TracerProvider:
    """The process's own. Whoever asks first says whose it is."""
    set_up = trace.get_tracer_provider()
    if isinstance(set_up, TracerProvider):
        return set_up
    provider = TracerProvider(sampler=_chosen, resource=Resource({"service.name": service}), shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    return provider


@cache
def tracer() -> trace.Tracer:
    """The process's own. To be given it anew costs more than a span."""
    return trace.get_tracer("mercato")


def _traceparent_of(span: Span) -> str | None:
    carrier: dict[str, str] = {}
    inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent")
