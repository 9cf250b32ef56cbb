"""What a network can do to the bytes that go one way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Late:
    """Every piece takes so long, give or take `jitter`, drawn anew for each."""

    seconds: float
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Narrow:
    """No more than so many bytes a second."""

    bytes_per_second: int


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing comes through until it is healed; then all of it does, as TCP sends again what was not acknowledged."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The next piece breaks the connection: both ends are told at once, and rudely."""


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """With the next piece the other end goes. Who sent it is told so late, or never while the proxy stands."""

    told_after: float | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """After so many bytes the connection ends, in the middle of whatever was being said."""

    after: int


Fault = Late | Narrow | Silent | Reset | HalfOpen | Cut
