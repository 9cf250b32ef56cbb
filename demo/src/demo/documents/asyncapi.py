"""AsyncAPI 3 per service, from the one table of who speaks and who listens."""

from typing import Any

from contracts.message import Message
from contracts.topology import LISTENERS, SPEAKERS
from pydantic.json_schema import models_json_schema

SERVICES = ("user", "product", "order", "payment", "notification")
REFERENCE = "#/components/schemas/{model}"


def asyncapi(service: str) -> dict[str, Any]:
    """What this service says and hears."""
    said, heard = SPEAKERS.get(service, ()), LISTENERS.get(service, ())
    messages = (*said, *heard)
    _, schemas = models_json_schema([(each, "serialization") for each in messages], ref_template=REFERENCE)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Mercato {service}", "version": "1", "description": _summary(service)},
        "defaultContentType": "application/json",
        "channels": {_channel(each): _channel_of(each) for each in messages},
        "operations": {
            **{f"say{each.__name__}": _operation("send", each) for each in said},
            **{f"hear{each.__name__}": _operation("receive", each) for each in heard},
        },
        "components": {
            "messages": {each.__name__: _message(each) for each in messages},
            "schemas": {**schemas["$defs"], "Envelope": ENVELOPE},
        },
    }


ENVELOPE: dict[str, Any] = {
    "type": "object",
    "description": "Every message travels in this envelope; `data` is the message itself.",
    "required": ["id", "type", "version", "source", "aggregate_id", "occurred_at", "data"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "type": {"type": "string", "description": "`<name>.v<major>`, equal to the routing key."},
        "version": {"type": "integer"},
        "source": {"type": "string"},
        "aggregate_id": {"type": "string"},
        "seq": {
            "type": "integer",
            "description": "Counts the states of one aggregate, where listeners keep a replica.",
        },
        "occurred_at": {"type": "string", "format": "date-time"},
        "trace": {"type": ["string", "null"], "description": "W3C traceparent."},
        "data": {"type": "object"},
    },
}


def _summary(service: str) -> str:
    said, heard = len(SPEAKERS.get(service, ())), len(LISTENERS.get(service, ()))
    return f"Says {said} kinds of message and hears {heard}. Delivery is at least once; ids tell repeats."


def _channel(message: type[Message]) -> str:
    return f"{message.exchange}/{message.routing_key()}"


def _escaped(channel: str) -> str:
    return channel.replace("~", "~0").replace("/", "~1")


def _channel_of(message: type[Message]) -> dict[str, Any]:
    return {
        "address": message.routing_key(),
        "messages": {message.__name__: {"$ref": f"#/components/messages/{message.__name__}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": message.exchange, "type": "topic"}}},
    }


def _operation(action: str, message: type[Message]) -> dict[str, Any]:
    channel = f"#/channels/{_escaped(_channel(message))}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{message.__name__}"}],
    }


def _message(message: type[Message]) -> dict[str, Any]:
    return {
        "name": message.routing_key(),
        "summary": (message.__doc__ or "").strip().splitlines()[0],
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {"properties": {"data": {"$ref": f"#/components/schemas/{message.__name__}"}}},
            ]
        },
    }
