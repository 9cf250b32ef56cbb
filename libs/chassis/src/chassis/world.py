"""One small object for everything a test must be able to hold: time, ids, chance, tasks, threads.

Nothing else in the services reads the time, sleeps, draws or spawns.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any, Protocol
from uuid import UUID

from uuid_utils.compat import uuid7


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring durations; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    def uuid7(self) -> UUID:
        """A new id that sorts by its time of birth."""
        ...


class Dice(Protocol):
    def fraction(self) -> float:
        """Uniform in [0, 1): for jitter, never for secrets."""
        ...

    def token(self) -> str:
        """A secret of 256 bits, safe in a URL."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SystemIds:
    def uuid7(self) -> UUID:
        return uuid7()


class SystemDice:
    def __init__(self) -> None:
        self._random = SystemRandom()

    def fraction(self) -> float:
        return self._random.random()

    def token(self) -> str:
        return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class World:
    """The real world by default; tests and the simulator hand in their own parts."""

    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=SystemIds)
    dice: Dice = field(default_factory=SystemDice)
    threads: ThreadPoolExecutor | None = None

    def spawn[T](self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run beside the caller, who keeps the task and ends it."""
        return asyncio.create_task(work, name=name)

    async def to_the_end[T](self, work: Coroutine[Any, Any, T], *, name: str, patience: float = 10.0) -> T:
        """Run what should not be broken off: when the caller is cancelled it still has `patience` seconds."""
        task = self.spawn(work, name=name)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            try:
                await asyncio.wait({task}, timeout=patience)
            finally:
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise

    async def in_thread[T](self, work: Callable[[], T]) -> T:
        """Run blocking work without stopping the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def jitter(self, *, base: float, attempt: int, cap: float) -> float:
        """Full jitter: seconds in [0, min(cap, base * 2**attempt))."""
        return self.dice.fraction() * min(cap, base * 2.0 ** min(attempt, 32))
