"""Take a password as proof of who somebody is: each try is one guess of the few that an account has."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from chassis.logging import get_logger

from user_service.domain.passwords import normalise
from user_service.domain.session import InvalidCredentials
from user_service.domain.user import Credential, User
from user_service.log_events import EVENTS
from user_service.ports import Hasher, HashingBusy
from user_service.use_cases.guesses import Guesses

log = get_logger("user.sign_in", EVENTS)

type Find = Callable[[], Awaitable[tuple[User | None, Credential | None]]]
"""Who it is said to be, and what is kept of that one's password."""


@dataclass(frozen=True, slots=True)
class ProvePassword:
    """Known and unknown addresses walk the same way and cost the same.

    Raises InvalidCredentials, TooManyAttempts and HashingBusy.
    """

    hasher: Hasher
    guesses: Guesses
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """One guess at a time at one account: a thousand at once would all be under way before the first had failed."""

    async def __call__(self, password: str, *, of: str, network: str, find: Find) -> tuple[User, Credential, bool]:
        """Who has the address `of`, what is kept of the password, and whether it should be kept better."""
        async with self.turns.setdefault(of, asyncio.Lock()):
            await self.guesses.refuse_more(of, network)
            found = await self._check(password, of=of, network=network, find=find)
            await self.guesses.forgive(of)
        return found

    async def rehashed(self, password: str) -> Credential | None:
        """The same password, kept better; None while there are too many to hash."""
        with suppress(HashingBusy):  # the next sign-in is soon enough
            return await self.hasher.hash(normalise(password))
        return None

    async def _check(self, password: str, *, of: str, network: str, find: Find) -> tuple[User, Credential, bool]:
        user, credential = await find()
        # No transaction is open here: the hash takes longer than all statements together.
        checked = await self.hasher.check(normalise(password), credential)
        if user is None or credential is None or not checked.matches:
            await self.guesses.count(of, network)
            log.info("security.sign_in_failed", network=network)
            raise InvalidCredentials
        return user, credential, checked.outdated
