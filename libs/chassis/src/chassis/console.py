"""How a console ends, the same in every service: people read the sentence, pipelines the number."""

import sys
from collections.abc import Callable
from enum import IntEnum

from chassis.faults import BrokerDown, StoreUnavailable, Unreachable

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
