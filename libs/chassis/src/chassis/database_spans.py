"""A span for every statement that PostgreSQL is asked inside of a recorded one. What it was about is not told."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry.trace import SpanKind, Status, StatusCode

from chassis import tracing


@contextmanager
def asked(statement: str) -> Generator[None]:
    if not tracing.recording():
        yield
        return
    operation = statement.split(None, 1)[0].upper()
    facts = {"db.system": "postgresql", "db.operation.name": operation}
    span = tracing.tracer().start_span(operation, kind=SpanKind.CLIENT, attributes=facts)
    try:
        yield
    except Exception as fault:
        span.set_attribute("error.type", type(fault).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()
