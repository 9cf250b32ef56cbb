"""What nobody can handle: no JSON, a shape or a version that we do not speak, a giant, a deed that is impossible."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Any
from uuid import UUID

from chassis.messages import Envelope, Outgoing, seal
from chassis.world import World
from contracts.message import Message
from contracts.order import OrderConfirmed
from contracts.payment import CapturePayment
from contracts.product import CommitStock, ReserveStock, StockReserved
from contracts.topology import LISTENERS
from contracts.user import SessionsRevoked

GIANT_BYTES = 10 * 1024 * 1024
GIANTS = 1
"""To each service: they are heavy for the broker, too."""

Brew = Callable[[str, Random], bytes]
HEARD: dict[str, type[Message]] = {
    "user": SessionsRevoked,
    "product": ReserveStock,
    "order": StockReserved,
    "payment": CapturePayment,
    "notification": OrderConfirmed,
}
"""Something that each service listens to."""
IMPOSSIBLE: dict[str, type[Message]] = {"product": CommitStock, "order": StockReserved, "payment": CapturePayment}
"""What presupposes an order, a hold or a payment that is there. Others have nothing that could be missing."""


@dataclass(frozen=True)
class Poison:
    service: str
    body: bytes


def no_json(_service: str, dice: Random) -> bytes:
    return b'{"id": "%s", "type": ' % str(_id(dice)).encode()


def other_version(service: str, dice: Random) -> bytes:
    """Of something that the service knows, a major that it does not."""
    return _envelope(dice, f"{HEARD[service].__name__}.v9", {"order_id": str(_id(dice))})


def unknown_type(_service: str, dice: Random) -> bytes:
    return _envelope(dice, "OrderExploded.v1", {"order_id": str(_id(dice))})


def other_shape(service: str, dice: Random) -> bytes:
    return _envelope(dice, HEARD[service].routing_key(), {"order_id": "is missing", "lines": 7, "session_ids": []})


def impossible(service: str, dice: Random) -> bytes:
    """In the right words, about something that there never was."""
    return _envelope(
        dice, IMPOSSIBLE[service].routing_key(), {"order_id": str(_id(dice)), "payment_id": str(_id(dice))}
    )


def giant(service: str, dice: Random) -> bytes:
    return _envelope(dice, HEARD[service].routing_key(), {"order_id": str(_id(dice)), "padding": "x" * GIANT_BYTES})


def brewed(dice: Random, count: int) -> list[Poison]:
    """So many, each one of its own, of every kind for every service in turn; shuffled."""
    few: list[tuple[str, Brew]] = [(service, giant) for service in LISTENERS for _ in range(GIANTS)]
    recipes = [*few, *islice(cycle(_recipes()), max(0, count - len(few)))][:count]
    dice.shuffle(recipes)
    return [Poison(service, brew(service, dice)) for service, brew in recipes]


def commit_stock(order_id: str) -> Outgoing:
    """The command as order would send it, long after the order has let its goods go."""
    return seal(CommitStock(order_id=UUID(order_id)), world=World())


def _recipes() -> Iterator[tuple[str, Brew]]:
    for service in LISTENERS:
        for brew in (no_json, other_version, unknown_type, other_shape):
            yield service, brew
    for service in IMPOSSIBLE:
        yield service, impossible


def _envelope(dice: Random, type_: str, data: dict[str, Any]) -> bytes:
    envelope = Envelope(
        id=_id(dice),
        type=type_,
        version=int(type_.rpartition(".v")[2]),
        source="nobody",
        aggregate_id=str(_id(dice)),
        occurred_at=World().clock.now(),
        data=data,
    )
    return json.dumps(envelope.model_dump(mode="json")).encode()


def _id(dice: Random) -> UUID:
    return UUID(int=dice.getrandbits(128), version=4)
