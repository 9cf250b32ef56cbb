"""Dead letters for a process that otherwise never speaks to the broker, and what of one may be shown."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from chassis.broker import DeadLetter, DeadLetters
from chassis.world import World

MOST_KEYS = 30
TYPE = re.compile(r"[A-Za-z]{1,64}\.v[0-9]{1,4}")
KEY = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True)
class RabbitDeadLetters:
    """RabbitMQ's. The driver is loaded when it is first needed, in a thread: most API processes never need it."""

    url: str
    world: World

    async def dead_letters(self, service: str) -> int:
        return await (await self._broker()).dead_letters(service)

    async def look_at_dead(self, service: str, *, limit: int) -> Sequence[DeadLetter]:
        return await (await self._broker()).look_at_dead(service, limit=limit)

    async def redrive(self, service: str, *, limit: int = 1000) -> int:
        return await (await self._broker()).redrive(service, limit=limit)

    async def _broker(self) -> DeadLetters:
        driver = await self.world.in_thread(lambda: import_module("chassis.rabbit_broker"))
        broker: DeadLetters = driver.RabbitBroker(self.url, world=self.world)
        return broker


@dataclass(frozen=True, slots=True)
class Outside:
    """What may be told of a message: what it is and is about, and none of its values, which may be about people."""

    id: UUID | None = None
    type: str | None = None
    aggregate_id: UUID | None = None
    data_keys: tuple[str, ...] = ()


def outside(letter: DeadLetter) -> Outside:
    """Of a body that is no envelope, or pretends to be one, only what looks as it should."""
    envelope = _envelope(letter.body)
    data = envelope.get("data")
    keys = [str(each) for each in data][:MOST_KEYS] if isinstance(data, dict) else []
    type_ = envelope.get("type")
    return Outside(
        id=_uuid(letter.message_id),
        type=type_ if isinstance(type_, str) and TYPE.fullmatch(type_) else None,
        aggregate_id=_uuid(envelope.get("aggregate_id")),
        data_keys=tuple(each for each in keys if KEY.fullmatch(each)),
    )


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _uuid(found: Any) -> UUID | None:
    try:
        return UUID(str(found))
    except ValueError:
        return None
