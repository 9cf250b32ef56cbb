"""Connections to RabbitMQ that end when they should: every step has its time, and a lost one has a name."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError

from chassis.faults import BrokerDown

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0
CLOSE_SECONDS = 2.0
HEARTBEAT = 10
LOST = (AMQPError, ConnectionError, OSError, TimeoutError, RuntimeError)
"""What aio-pika raises once a connection or channel is gone."""


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[AbstractConnection]:
    """A plain connection: a robust one comes back without telling anyone that it was away. Raises BrokerDown."""
    with named():
        connection = await aio_pika.connect(url, timeout=CONNECT_SECONDS, heartbeat=HEARTBEAT)
    try:
        yield connection
    finally:
        # A broker that hangs never answers the farewell.
        with suppress(*LOST):
            async with asyncio.timeout(CLOSE_SECONDS):
                await connection.close()


async def open_channel(connection: AbstractConnection) -> AbstractChannel:
    """A channel with confirms. Raises BrokerDown."""
    with named():
        async with asyncio.timeout(ANSWER_SECONDS):
            # Without `on_return_raises` a message that no queue takes is confirmed, and gone.
            return await connection.channel(publisher_confirms=True, on_return_raises=True)


class named:  # noqa: N801 - reads as an adjective
    """Turn a lost connection, a time-out and a refusal into BrokerDown."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, LOST) or _cancelled_by_the_driver(error):
            raise BrokerDown(f"{type(error).__name__}: {error}") from error


def _cancelled_by_the_driver(error: BaseException | None) -> bool:
    """The driver may reject what waits on a dead connection with a CancelledError that nobody of ours asked for."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling()
