"""What a visitor has chosen on the way to an order. It lives in a sealed cookie and nowhere on a server."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Self

from storefront.api import Json
from storefront.visit import Visit

LIVES = timedelta(hours=2)
COOKIE = "checkout"
HOSTED = "hosted"
MOST_PLACED = 3
STEPS = ("address", "shipping", "payment", "review")


@dataclass(slots=True)
class Choices:
    """Each step adds its own; whatever is missing, the visitor is led to."""

    address: Json | None = None
    shipping: Json | None = None
    """The way of sending, as the shop offered it."""
    payment: Json | None = None
    """`{"id": "hosted" or a saved card's, "name": what to call it}`."""
    placed: dict[str, str] = field(default_factory=dict)
    """Key of an order -> its id, of the last few: whoever goes back finds the order instead of buying again."""

    @classmethod
    def of(cls, visit: Visit) -> Self:
        try:
            return cls(**visit.kept(COOKIE, within=LIVES))
        except TypeError:  # sealed by another version of us
            return cls()

    def keep(self, visit: Visit) -> None:
        """Raises sealing.TooMuch."""
        visit.keep(COOKIE, asdict(self), within=LIVES)

    def deliver_to(self, address: Json) -> None:
        """Another country has other ways of sending."""
        if self.address is not None and self.address["country"] != address["country"]:
            self.shipping = None
        self.address = address

    def ordered(self, key: str, order_id: str) -> None:
        """Address and delivery stay: whose card is declined needs only another card."""
        self.payment = None
        self.placed.pop(key, None)
        self.placed = dict([*self.placed.items(), (key, order_id)][-MOST_PLACED:])

    @property
    def last_order(self) -> str | None:
        return next(reversed(self.placed.values()), None)

    def lacking(self, step: str) -> str | None:
        """The first step before this one that has not been taken; None where all have."""
        before = STEPS[: STEPS.index(step)]
        return next((each for each in before if getattr(self, each) is None), None)
