"""How long a lease lasts, and how long we wait before the provider is asked again."""

from chassis.world import World

LEASE_SECONDS = 20.0
"""Longer than the one call (10 s) and its two short transactions."""
SURPRISE_SECONDS = 300.0
"""A person must look; until then it is not worth asking often."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 60.0


def pause(world: World, attempts: int) -> float:
    """Seconds until the next call: none after a step forward, then longer and longer, with jitter."""
    if attempts == 0:
        return 0.0
    # Never close to nothing: a provider that is down should not feel us.
    least = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 16)) / 2
    return least + world.jitter(base=FIRST_PAUSE, attempt=attempts - 1, cap=LONGEST_PAUSE) / 2
