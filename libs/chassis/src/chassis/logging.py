"""JSON logs, one line per thing that happened, with trace ids and without secrets."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from chassis import tracing

SECRET_FIELDS = re.compile(r"password|secret|token|authorization|cookie|card|pepper|private|e?mail_body", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
CARD_NUMBER = re.compile(r"\b[3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}\b")
MASK = "[redacted]"

Event = MutableMapping[str, Any]


def configure(*, service: str, level: str = "INFO") -> None:
    """Once per process, before the first line is logged."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _stamp(service),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines say which room they come from."""
    return structlog.get_logger(room=name)


def bind(**facts: str) -> None:
    """Facts that every further line of this request or message carries."""
    structlog.contextvars.bind_contextvars(**facts)


def unbind() -> None:
    structlog.contextvars.clear_contextvars()


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Mask fields with secret names, and addresses and card numbers wherever they stand."""
    for key, value in event.items():
        event[key] = MASK if SECRET_FIELDS.search(key) else _scrub(value)
    return event


def _scrub(value: Any) -> Any:
    match value:
        case str():
            return CARD_NUMBER.sub(MASK, EMAIL.sub(MASK, value))
        case dict():
            return {k: MASK if SECRET_FIELDS.search(str(k)) else _scrub(v) for k, v in value.items()}
        case list() | tuple():
            return [_scrub(each) for each in value]
        case _:
            return value


def _stamp(service: str) -> structlog.typing.Processor:
    def stamp(_logger: Any, _method: str, event: Event) -> Event:
        event.setdefault("service", service)
        trace_id = tracing.current_trace_id()
        if trace_id is not None:
            event["trace_id"] = trace_id
        return event

    return stamp
