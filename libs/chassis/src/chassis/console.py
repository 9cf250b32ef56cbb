"""How a console ends, the same in every service: people read the sentence, pipelines the number."""

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable
from enum import IntEnum

from chassis.faults import BrokerDown, StoreUnavailable, Unreachable
from chassis.world import World

AGAIN_SECONDS = 1.0
LOST = (StoreUnavailable, BrokerDown, Unreachable, ConnectionError, TimeoutError, OSError)


class Ended(IntEnum):
    """The exit codes of every console."""

    DONE = 0
    REFUSED = 1
    MISUSED = 2
    """The command line, or a setting."""
    NOTHING_TO_DO = 3
    NOT_NOW = 4
    """A store or a neighbour is away, or it is too early: try again later."""


def ended(main: Callable[[], int]) -> int:
    """What `main` says; a sentence and NOT_NOW when it could not reach what it needs."""
    try:
        return main()
    except LOST as fault:
        sys.stderr.write(f"unavailable: {type(fault).__name__}: {fault}\n")
        return Ended.NOT_NOW


def takes_patience(parser: ArgumentParser) -> None:
    """`--patience SECONDS`, for a verb that may come before its store does."""
    parser.add_argument(
        "--patience",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="how long to try again while the store is away, or does not know our login yet; default: once",
    )


def patiently(work: Callable[[], Awaitable[None]], *, seconds: float, world: World) -> int:
    """Do what is safe to repeat, again while the store is away, for so long. Raises what it met last."""
    until = world.clock.monotonic() + seconds

    async def again_and_again() -> None:
        while True:
            try:
                return await work()
            except LOST as fault:
                if world.clock.monotonic() >= until:
                    raise
                sys.stderr.write(f"not yet: {type(fault).__name__}: {fault}\n")
            await world.clock.sleep(AGAIN_SECONDS)

    asyncio.run(again_and_again())
    return Ended.DONE
