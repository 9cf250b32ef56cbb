"""A span for every command that MongoDB is sent inside of a recorded one. What it was about is not told."""

from typing import override

from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chassis import tracing


class CommandSpans(CommandListener):
    """Commands are told apart by their connection as well: two may have the same number."""

    def __init__(self) -> None:
        self._running: dict[tuple[object, int], Span] = {}

    @override
    def started(self, event: CommandStartedEvent) -> None:
        if tracing.recording():
            facts = {"db.system": "mongodb", "db.operation.name": event.command_name}
            span = tracing.tracer().start_span(event.command_name, kind=SpanKind.CLIENT, attributes=facts)
            self._running[event.connection_id, event.request_id] = span

    @override
    def succeeded(self, event: CommandSucceededEvent) -> None:
        span = self._running.pop((event.connection_id, event.request_id), None)
        if span is not None:
            span.end()

    @override
    def failed(self, event: CommandFailedEvent) -> None:
        span = self._running.pop((event.connection_id, event.request_id), None)
        if span is not None:
            span.set_attribute("error.type", f"code {event.failure.get('code', 'none')}")
            span.set_status(Status(StatusCode.ERROR))
            span.end()
