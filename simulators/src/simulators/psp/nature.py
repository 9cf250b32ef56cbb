"""Time, ids and chance, so that a test can hold them; and the tasks that run beside the requests."""

import asyncio
import random
import secrets
import string
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

ALPHABET = string.ascii_letters + string.digits


def random_id(prefix: str) -> str:
    """An id as the provider forms them: `pi_` and 24 letters and digits."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(24))


@dataclass(frozen=True, slots=True)
class Nature:
    now: Callable[[], float] = time.time
    new_id: Callable[[str], str] = random_id
    fraction: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def second(self) -> int:
        """The time as the provider writes it."""
        return int(self.now())


class Tasks:
    """Work that outlives the request that began it, until `stop`."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    def spawn[T](self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def stop(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
