"""Who wants to be told what, and how. What concerns money or safety cannot be switched off by mail."""

from collections.abc import Mapping
from dataclasses import dataclass

EMAIL = "email"
SMS = "sms"
CHANNELS = (EMAIL, SMS)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is done about a kind of news as long as nobody asks for something else."""

    email: bool
    sms: bool
    must_be_mailed: bool


USUAL: Mapping[str, Usual] = {
    "order_confirmed": Usual(email=True, sms=False, must_be_mailed=True),
    "order_cancelled": Usual(email=True, sms=False, must_be_mailed=True),
    "order_shipped": Usual(email=True, sms=True, must_be_mailed=False),
    "order_refunded": Usual(email=True, sms=False, must_be_mailed=True),
    "security_alert": Usual(email=True, sms=True, must_be_mailed=True),
}
"""The kinds that a person has a say in."""
NO_SAY = Usual(email=True, sms=False, must_be_mailed=True)
"""All others: somebody has just asked for this mail."""


class MustBeMailed(Exception):
    """Mails about money and safety come whether one likes them or not."""

    def __init__(self, kinds: list[str]) -> None:
        super().__init__(f"Mails about these cannot be switched off: {', '.join(kinds)}.")
        self.kinds = kinds


@dataclass(frozen=True, slots=True)
class Wish:
    email: bool
    sms: bool


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody has chosen, by kind; for the rest, what is usual. Raises MustBeMailed."""

    chosen: Mapping[str, Wish]

    def __post_init__(self) -> None:
        missing = [kind for kind, wish in self.chosen.items() if _usual(kind).must_be_mailed and not wish.email]
        if missing:
            raise MustBeMailed(sorted(missing))

    def about(self, kind: str) -> Wish:
        usual = _usual(kind)
        return self.chosen.get(kind) or Wish(usual.email, usual.sms)

    def wants(self, kind: str, channel: str) -> bool:
        wish = self.about(kind)
        return wish.sms if channel == SMS else wish.email


def _usual(kind: str) -> Usual:
    return USUAL.get(kind, NO_SAY)
