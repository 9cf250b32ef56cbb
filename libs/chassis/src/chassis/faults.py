"""Faults of our own surroundings, named so that every door can tell them from a refusal."""


class StoreUnavailable(Exception):
    """Our own store is down, hangs, or is too busy. The outcome of the attempt is unknown."""

    def __init__(self, store: str, reason: str = "") -> None:
        super().__init__(f"{store} is unavailable" + (f": {reason}" if reason else ""))
        self.store = store


class BrokerDown(Exception):
    """The broker cannot be reached, or the connection to it was lost."""


class WriteConflict(Exception):
    """Somebody else changed the row first; the whole attempt may be repeated."""


class Unreachable(Exception):
    """Another service did not answer in time, or answered that it cannot."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service} cannot be reached: {reason}")
        self.service = service
