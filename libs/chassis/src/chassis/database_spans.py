"""A span for every statement that PostgreSQL is asked inside of a recorded one. What it was about is not told."""

from typing import Any

from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from sqlalchemy import Engine, event

from chassis import tracing

ASKED = "mercato_span"


def watch(engine: Engine) -> None:
    """From now on."""
    event.listen(engine, "before_cursor_execute", _asked)
    event.listen(engine, "after_cursor_execute", _answered)
    event.listen(engine, "handle_error", _failed)


def _asked(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: Any, /) -> None:
    if not tracing.recording():
        return
    operation = statement.split(None, 1)[0].upper()
    facts = {"db.system": "postgresql", "db.operation.name": operation}
    setattr(context, ASKED, tracing.tracer().start_span(operation, kind=SpanKind.CLIENT, attributes=facts))


def _answered(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: Any, /) -> None:
    span: Span | None = getattr(context, ASKED, None)
    if span is not None:
        span.end()


def _failed(failure: Any) -> None:
    span: Span | None = getattr(failure.execution_context, ASKED, None)
    if span is not None:
        span.set_attribute("error.type", type(failure.original_exception).__name__)
        span.set_status(Status(StatusCode.ERROR))
        span.end()
