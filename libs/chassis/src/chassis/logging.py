"""JSON logs, one line per thing that happened, with trace ids and without secrets."""

import hashlib
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

import structlog

from chassis import tracing
from chassis.log_events import Vocabulary

SECRET_FIELDS = re.compile(r"password|secret|token|authorization|cookie|card|pepper|private|e?mail_body", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
CARD_NUMBER = re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])")
CREDENTIALS = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|\b(?:[srp]k_(?:live|test)|whsec)_\w+"  # a provider's key
    r"|(?i:\b(?:bearer|basic)\s+[\w.~+/=-]{8,})"
    r"|(?<=://)[^\s/@]+(?=@)"  # user and password in a URL
)
MASK = "[redacted]"
LONGEST = 16_384
"""More of one text says nothing more, and costs."""
DEEPEST = 8

ALWAYS = frozenset({"event", "room", "message_id", "exc_info"})

_vocabularies: dict[str, Vocabulary] = {}

Event = MutableMapping[str, Any]


def configure(*, service: str, level: str = "INFO") -> None:
    """Once per process, before the first line is logged. What libraries log takes the same road, from WARNING on."""
    stamps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        allow,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _stamp(service),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*stamps, redact, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    foreign = logging.StreamHandler(sys.stderr)
    foreign.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamps],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, render],
        )
    )
    logging.root.handlers = [foreign]
    logging.root.setLevel(logging.WARNING)


def get_logger(name: str, events: Vocabulary) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines say which room they come from, and nothing that is not in `events`."""
    _vocabularies[name] = events
    return structlog.get_logger(room=name)


def pseudonym(user_id: UUID) -> str:
    """How logs name a user: the same each time, and not who it is."""
    return hashlib.sha256(user_id.bytes).hexdigest()[:16]


def bind(**facts: str) -> None:
    """Facts that every further line of this request or message carries."""
    structlog.contextvars.bind_contextvars(**facts)


def unbind() -> None:
    structlog.contextvars.clear_contextvars()


def allow(_logger: Any, _method: str, event: Event) -> Event:
    """Let through what the room has declared, as the type that it said. What libraries log is theirs to name."""
    events = _vocabularies.get(event.get("room", ""))
    if events is None:
        return event
    declared = events.get(event["event"], {})
    return {
        name: _as_said(value, declared[name]) if name in declared else value
        for name, value in event.items()
        if name in declared or name in ALWAYS
    }


def _as_said(value: Any, said: type) -> Any:
    return value if isinstance(value, said | None) else type(value).__name__


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Mask fields with secret names; and addresses, card numbers and credentials wherever they stand."""
    for key, value in event.items():
        event[key] = MASK if SECRET_FIELDS.search(key) else _scrub(value)
    return event


def _scrub(value: Any, depth: int = 0) -> Any:
    match value:
        case None | bool() | float():
            return value
        case str():
            return _scrub_text(value)
        case int():
            text = str(value)
            return MASK if CARD_NUMBER.fullmatch(text) and _luhn(text) else value
        case dict() if depth < DEEPEST:
            return {
                _scrub_text(str(k)): MASK if SECRET_FIELDS.search(str(k)) else _scrub(v, depth + 1)
                for k, v in value.items()
            }
        case list() | tuple() | set() | frozenset() if depth < DEEPEST:
            return [_scrub(each, depth + 1) for each in value]
        case _:
            # Anything else would be written as its `repr`, and nobody knows what that tells.
            return _scrub_text(repr(value) if depth < DEEPEST else type(value).__name__)


def _scrub_text(text: str) -> str:
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"
    clean = EMAIL.sub(MASK, CREDENTIALS.sub(MASK, short))
    return CARD_NUMBER.sub(lambda found: MASK if _luhn(found[0]) else found[0], clean)


def _luhn(text: str) -> bool:
    """Is this the check digit of a card, or just a long number?"""
    digits = [int(each) for each in text if each.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _stamp(service: str) -> structlog.typing.Processor:
    def stamp(_logger: Any, _method: str, event: Event) -> Event:
        event.setdefault("service", service)
        trace_id = tracing.current_trace_id()
        if trace_id is not None:
            event["trace_id"] = trace_id
        return event

    return stamp
