"""The relay's line to RabbitMQ: batches with confirms, and the note that tells one life of the broker from another."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import ChannelClosed, DeliveryError

from chassis.broker import CONFIRM_SECONDS
from chassis.faults import BrokerDown
from chassis.log_events import EVENTS
from chassis.logging import get_logger
from chassis.messages import Outgoing
from chassis.rabbit_connection import named, open_channel

log = get_logger("chassis.rabbit", EVENTS)

Outcome = UUID | BaseException


class RabbitLine:
    """One channel, opened again when an exchange refuses it."""

    def __init__(self, connection: AbstractConnection, channel: AbstractChannel, service: str) -> None:
        self._connection = connection
        self._channel = channel
        self._service = service

    async def publish(self, batch: Sequence[Outgoing]) -> frozenset[UUID]:
        """Anything else than a confirm is not published. What stands in the way of one exchange stops no other."""
        by_exchange: defaultdict[str, list[Outgoing]] = defaultdict(list)
        for each in batch:
            by_exchange[each.exchange].append(each)
        confirmed: set[UUID] = set()
        for group in by_exchange.values():
            outcomes = await asyncio.gather(*map(self._publish, group), return_exceptions=True)
            confirmed.update(outcome for outcome in outcomes if isinstance(outcome, UUID))
            await self._bear(group, outcomes)
        return frozenset(confirmed)

    def check(self) -> None:
        if self._connection.is_closed or self._channel.is_closed:
            raise BrokerDown("the connection was lost")

    async def incarnation(self) -> UUID | None:
        with named():
            queue = await self._channel.get_queue(self._epoch, ensure=False)
            found: list[AbstractIncomingMessage] = []
            while (message := await queue.get(fail=False, timeout=CONFIRM_SECONDS)) is not None:
                found.append(message)
            known = {_uuid(message.body) for message in found}
            life = known.pop() if len(known) == 1 else None
            if life is not None:
                # Publish again, then acknowledge: getting and returning it would count against the delivery limit.
                await self._write(life)
            for message in found:
                await message.ack()
            return life

    async def write_incarnation(self, incarnation: UUID) -> None:
        with named():
            queue = await self._channel.get_queue(self._epoch, ensure=False)
            while (old := await queue.get(fail=False, timeout=CONFIRM_SECONDS)) is not None:
                await old.ack()
            await self._write(incarnation)

    @property
    def _epoch(self) -> str:
        return f"{self._service}.epoch"

    async def _bear(self, group: Sequence[Outgoing], outcomes: Sequence[Outcome]) -> None:
        """Refusals are told and borne; a connection that is gone raises BrokerDown."""
        faults = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for each, fault in zip(group, outcomes, strict=True):
            if isinstance(fault, BaseException):
                log.error("message.not_taken", type=each.routing_key, id=str(each.id), why=type(fault).__name__)
        if any(isinstance(fault, ChannelClosed) for fault in faults):
            # No such exchange, or not ours to write: the broker has closed the channel over it, not the connection.
            self._channel = await open_channel(self._connection)
            return
        hangs = len(faults) == len(outcomes)
        for fault in faults:
            if isinstance(fault, DeliveryError) or (isinstance(fault, TimeoutError) and not hangs):
                continue
            with named():
                raise fault

    async def _publish(self, each: Outgoing) -> UUID:
        await self._send(each.exchange, each.routing_key, each.body, message_id=str(each.id))
        return each.id

    async def _write(self, life: UUID) -> None:
        await self._send(f"{self._service}.internal", "epoch", life.bytes)

    async def _send(self, exchange: str, key: str, body: bytes, *, message_id: str | None = None) -> None:
        message = aio_pika.Message(
            body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message_id,
            content_type="application/json",
        )
        to = await self._channel.get_exchange(exchange, ensure=False)
        await to.publish(message, key, mandatory=True, timeout=CONFIRM_SECONDS)


def _uuid(body: bytes) -> UUID | None:
    """Somebody may have put anything there: what we did not write says nothing."""
    with suppress(ValueError):
        return UUID(bytes=body)
    return None
