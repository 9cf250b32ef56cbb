"""The life of a signing key: published before it signs, and for a while after it signed last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

OVERLAP = timedelta(minutes=15)
"""Whoever verifies asks for the keys each five minutes, and a token lives as long; the rest is for slow clocks."""


class KeyState(StrEnum):
    NEXT = "next"
    """Published, so that it is known everywhere when it begins to sign."""
    SIGNING = "signing"
    RETIRED = "retired"
    """Signs no more; published until the last token of it is over."""


class KeyRefused(Exception):
    """This step is not possible in this state of the ring."""


class TooEarly(KeyRefused):
    """It will be possible later."""

    def __init__(self, step: str, at: datetime) -> None:
        super().__init__(f"Too early to {step}: not before {at.isoformat(timespec='seconds')}.")
        self.at = at


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    state: KeyState
    since: datetime
    """When it came into this state."""
    pem: str
    """The private key; of a retired one only the public half is left."""

    def published(self, *, at: datetime) -> bool:
        return self.state is not KeyState.RETIRED or at < self.since + OVERLAP

    def moved_on(self, public_pem: str, *, at: datetime) -> Self:
        """What it is when the next key begins to sign."""
        match self.state:
            case KeyState.NEXT:
                return replace(self, state=KeyState.SIGNING, since=at)
            case KeyState.SIGNING:
                return replace(self, state=KeyState.RETIRED, since=at, pem=public_pem)
            case KeyState.RETIRED:
                return self


@dataclass(frozen=True, slots=True)
class KeyRing:
    """One key signs; at most one is next; any number may be retired."""

    keys: Sequence[SigningKey] = ()

    def of(self, state: KeyState) -> list[SigningKey]:
        return [each for each in self.keys if each.state is state]

    def publish(self, kid: str, pem: str, *, at: datetime) -> Self:
        """A new key is next; the very first one signs at once, because nobody could have known one before."""
        if self.of(KeyState.NEXT):
            raise KeyRefused("There is a next key already. Promote it first.")
        state = KeyState.NEXT if self.of(KeyState.SIGNING) else KeyState.SIGNING
        return replace(self, keys=(*self.keys, SigningKey(kid, state, at, pem)))

    def promote(self, public_pem: str, *, at: datetime) -> Self:
        """The next key signs, and the one that signed is retired: of it only its public half stays."""
        waiting = self.of(KeyState.NEXT)
        if not waiting:
            raise KeyRefused("There is no next key. Publish one first.")
        if at < waiting[0].since + OVERLAP:
            raise TooEarly("promote the next key", waiting[0].since + OVERLAP)
        return replace(self, keys=tuple(each.moved_on(public_pem, at=at) for each in self.keys))

    def retire(self, *, at: datetime) -> Self:
        """Forget the retired keys whose last token is over."""
        retired = self.of(KeyState.RETIRED)
        if not retired:
            raise KeyRefused("There is no retired key.")
        kept = [each for each in self.keys if each.published(at=at)]
        if len(kept) == len(self.keys):
            raise TooEarly("forget the retired key", min(each.since for each in retired) + OVERLAP)
        return replace(self, keys=tuple(kept))
