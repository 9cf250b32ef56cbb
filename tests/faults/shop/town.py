"""Where streets stand: a test that leaves one in ruins has it torn down, and the next one gets another."""

from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from dev.grounds import Grounds
from testkit.stores.server import Server

from tests.faults.shop.crowd import Crowd
from tests.faults.shop.street import Command, street_on
from tests.faults.shop.wires import Link

RETRY_SCALE = 0.02
"""The retry ladder in tests: 20 ms, 100 ms, 0.6 s, 2.4 s, 12 s."""


@dataclass
class Town:
    """Builds a street when there is none that is sound."""

    grounds: Callable[[], Grounds]
    folders: pytest.TempPathFactory
    seed: int
    stack: AsyncExitStack | None = None
    crowd: Crowd | None = None
    command: Command | None = None
    """How this street's processes are started, if not as usual."""
    wired: Collection[Link] = ()
    pairs: bool = False

    async def sound_street(self) -> Crowd:
        if self.crowd is None:
            self.stack = AsyncExitStack()
            street = await self.stack.enter_async_context(
                street_on(
                    self.grounds(),
                    self.folders.mktemp("street"),
                    command=self.command,
                    wired=self.wired,
                    pairs=self.pairs,
                )
            )
            # Patience is with the shop: whoever waits for one of our own connections has not asked it yet.
            timeout, limits = httpx2.Timeout(20, pool=None), httpx2.Limits(max_connections=60)
            client = httpx2.AsyncClient(base_url=street.url, timeout=timeout, limits=limits)
            self.crowd = Crowd(street, await self.stack.enter_async_context(client), self.seed)
            print(f"a street of {len(street.processes)} processes is ready after {street.seconds_to_start:.1f} s")
        return self.crowd

    async def tear_down(self) -> None:
        stack, self.stack, self.crowd = self.stack, None, None
        if stack is not None:
            await stack.aclose()


def private_grounds(*stores: Any) -> Grounds:
    """A fresh corner of stores that may be killed."""
    if not all(isinstance(each, Server) for each in stores):
        pytest.fail("these tests kill stores: they need private ones, not one that somebody lends")
    return Grounds(*stores, name=uuid4().hex[:10], retry_scale=RETRY_SCALE)
