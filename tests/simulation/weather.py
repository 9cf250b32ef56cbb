"""What goes wrong at present: how likely each small fault is, which links are cut. The nemesis makes the weather."""

from dataclasses import dataclass, field, fields
from random import Random


@dataclass(slots=True)
class Odds:
    """How likely each small fault is each time that it could happen."""

    lost_commit: float = 0.0
    """The store has committed, and its answer never comes."""
    refused_store: float = 0.0
    """A connection to the store cannot be had."""
    torn_publish: float = 0.0
    """The line to the broker breaks in the middle of a batch."""
    refused_publish: float = 0.0
    """The broker does not take a message, and says so."""
    lost_confirm: float = 0.0
    """The broker has taken a batch, and its word of that never comes."""
    double: float = 0.0
    """A message arrives several times."""
    late: float = 0.0
    """A message arrives up to a minute late, after others that left after it."""
    lost_ack: float = 0.0
    """A message was handled, and is delivered again all the same."""
    lost_request: float = 0.0
    lost_answer: float = 0.0
    double_request: float = 0.0
    """A request arrives twice at the same time."""
    provider_request_lost: float = 0.0
    provider_answer_lost: float = 0.0
    provider_request_late: float = 0.0
    """A call is given up, and lands afterwards."""
    mail_put_off: float = 0.0
    """The mail server says: not now (4xx)."""
    mail_answer_lost: float = 0.0
    """The mail server takes the mail, and the connection breaks before it says so."""
    slow_store: float = 0.0
    """The store takes up to three seconds."""


NAMES = tuple(each.name for each in fields(Odds))
Link = tuple[str, str]
"""The name of a process, and what it speaks to: store, broker, provider, mail, clients or product."""


@dataclass(slots=True)
class Weather:
    random: Random
    odds: Odds = field(default_factory=Odds)
    cut: dict[Link, None] = field(default_factory=dict)
    stores_down: dict[str, None] = field(default_factory=dict)
    """Services whose store is away."""

    def strikes(self, fault: str) -> bool:
        odds = getattr(self.odds, fault)
        return bool(odds) and self.random.random() < odds

    def reaches(self, process: str, peer: str) -> bool:
        return (process, peer) not in self.cut

    def clears_up(self) -> None:
        """Nothing goes wrong any more by itself."""
        self.odds = Odds()
        self.cut.clear()
        self.stores_down.clear()
