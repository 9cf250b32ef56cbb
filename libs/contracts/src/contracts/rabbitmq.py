"""The topology of RabbitMQ, made from who speaks and who listens.

`python -m contracts.rabbitmq` prints the definitions that are committed as `deploy/rabbitmq/definitions.json`.
Queues carry nothing but their type, which can never be changed; everything else is a policy, which can.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.topology import LISTENERS, SPEAKERS

Json = dict[str, Any]

RUNGS_MS = {"1s": 1_000, "5s": 5_000, "30s": 30_000, "2m": 120_000, "10m": 600_000}
QUORUM = {"x-queue-type": "quorum"}
AT_LEAST_ONCE = {"dead-letter-strategy": "at-least-once", "overflow": "reject-publish"}
MAX_LENGTH = 500_000
DELIVERY_LIMIT = 100
NEVER = 1_000_000
"""No limit, in a number that every version takes: from 4.0 a queue without one drops what came back 20 times."""
SERVICES = tuple(dict.fromkeys((*SPEAKERS, *LISTENERS)))


def definitions(*, vhost: str = "/", retry_scale: float = 1.0, passwords: Mapping[str, str] | None = None) -> Json:
    """What a broker must have. `retry_scale` shortens the retry ladder for tests; `passwords` adds the users."""
    found: Json = {
        "vhosts": [{"name": vhost}],
        "exchanges": [_exchange(name, kind, vhost) for name, kind in _exchanges()],
        "queues": [_queue(name, vhost) for name in _queues()],
        "bindings": [_binding(vhost, *each) for each in _bindings()],
        "policies": [_policy(vhost, *each) for each in _policies(retry_scale)],
    }
    if passwords is not None:
        found["users"] = [_user(service, passwords[service]) for service in SERVICES]
        found["permissions"] = [{"user": service, "vhost": vhost, **rights(service)} for service in SERVICES]
    return found


def rights(service: str) -> Mapping[str, str]:
    """A service configures nothing, writes what it speaks on, and reads its own queues."""
    own = {f"{service}.internal", *(said.exchange for said in SPEAKERS.get(service, ()))}
    return {
        "configure": "^$",
        "write": "^(" + "|".join(name.replace(".", r"\.") for name in sorted(own)) + ")$",
        "read": rf"^{service}\.(work|dead|epoch)$",
    }


def _exchanges() -> Iterator[tuple[str, str]]:
    for name in sorted({said.exchange for messages in SPEAKERS.values() for said in messages}):
        yield name, "topic"
    for service in SERVICES:
        yield f"{service}.internal", "direct"
    for service in LISTENERS:
        yield f"{service}.dlx", "fanout"


def _queues() -> Iterator[str]:
    for service in LISTENERS:
        yield f"{service}.work"
        yield f"{service}.dead"
        for rung in RUNGS_MS:
            yield f"{service}.retry.{rung}"
    for service in SPEAKERS:
        yield f"{service}.epoch"


def _bindings() -> Iterator[tuple[str, str, str]]:
    """(exchange, queue, routing key)"""
    for service, heard in LISTENERS.items():
        for message in heard:
            yield message.exchange, f"{service}.work", message.routing_key()
        yield f"{service}.internal", f"{service}.work", "work"
        yield f"{service}.dlx", f"{service}.dead", ""
        for rung in RUNGS_MS:
            yield f"{service}.internal", f"{service}.retry.{rung}", f"retry.{rung}"
    for service in SPEAKERS:
        yield f"{service}.internal", f"{service}.epoch", "epoch"


def _policies(scale: float) -> Iterator[tuple[str, str, Json]]:
    """(name, pattern of queues, definition); each queue matches exactly one."""
    limits = {"delivery-limit": DELIVERY_LIMIT, "max-length": MAX_LENGTH}
    for service in LISTENERS:
        yield (
            f"{service}-work",
            rf"^{service}\.work$",
            {
                **limits,
                **AT_LEAST_ONCE,
                "dead-letter-exchange": f"{service}.dlx",
            },
        )
        yield f"{service}-dead", rf"^{service}\.dead$", {"delivery-limit": NEVER}
        for rung, milliseconds in RUNGS_MS.items():
            yield (
                f"{service}-retry-{rung}",
                rf"^{service}\.retry\.{rung}$",
                {
                    **AT_LEAST_ONCE,
                    "max-length": MAX_LENGTH,
                    "message-ttl": max(1, round(milliseconds * scale)),
                    "dead-letter-exchange": "",
                    "dead-letter-routing-key": f"{service}.work",
                },
            )
    for service in SPEAKERS:
        yield f"{service}-epoch", rf"^{service}\.epoch$", {"delivery-limit": NEVER}


def _exchange(name: str, kind: str, vhost: str) -> Json:
    made = {"name": name, "vhost": vhost, "type": kind, "durable": True}
    return {**made, "auto_delete": False, "internal": False, "arguments": {}}


def _queue(name: str, vhost: str) -> Json:
    return {"name": name, "vhost": vhost, "durable": True, "auto_delete": False, "arguments": QUORUM}


def _binding(vhost: str, exchange: str, queue: str, key: str) -> Json:
    made = {"source": exchange, "vhost": vhost, "destination": queue, "destination_type": "queue"}
    return {**made, "routing_key": key, "arguments": {}}


def _policy(vhost: str, name: str, pattern: str, definition: Json) -> Json:
    made = {"vhost": vhost, "name": name, "pattern": pattern, "apply-to": "queues"}
    return {**made, "definition": definition, "priority": 0}


def _user(service: str, password: str) -> Json:
    """RabbitMQ's own password hash: base64(salt + sha256(salt + password))."""
    salt = secrets.token_bytes(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    hashed = base64.b64encode(salt + digest).decode()
    return {
        "name": service,
        "password_hash": hashed,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


if __name__ == "__main__":
    print(json.dumps(definitions(), indent=1))  # noqa: T201 - a command whose answer is the document
