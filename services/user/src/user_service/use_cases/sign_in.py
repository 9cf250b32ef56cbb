"""Open a session for somebody who knows the password."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from chassis.logging import get_logger
from chassis.world import World

from user_service.domain.passwords import normalise
from user_service.domain.session import (
    EmailNotVerified,
    Grant,
    InvalidCredentials,
    RefreshToken,
    Session,
    digest,
)
from user_service.domain.user import AccountDisabled, Credential, User, pseudonym
from user_service.ports import AccessTokens, Accounts, Hasher, HashingBusy
from user_service.use_cases.guesses import Guesses

log = get_logger("user.sign_in")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Raises InvalidCredentials, EmailNotVerified, AccountDisabled, TooManyAttempts and HashingBusy.

    Known and unknown addresses walk the same way and cost the same.
    """

    accounts: Accounts
    hasher: Hasher
    tokens: AccessTokens
    guesses: Guesses
    world: World
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """One guess at a time at one account: a thousand at once would all be under way before the first had failed."""

    async def __call__(self, *, email: str, password: str, network: str, device: str) -> Grant:
        grant = None
        while grant is None:
            user, credential, outdated = await self.recognise(email, password, network)
            if not user.verified:
                raise EmailNotVerified
            better = await self._rehashed(password) if outdated else None
            grant = await self._open(user, device, old=credential, better=better)
        log.info("security.signed_in", user=pseudonym(grant.user.id), network=network)
        return grant

    async def recognise(self, email: str, password: str, network: str) -> tuple[User, Credential, bool]:
        """Who this is, what is kept of the password, and whether it should be kept better.

        Raises InvalidCredentials, TooManyAttempts and HashingBusy.
        """
        async with self.turns.setdefault(email, asyncio.Lock()):
            await self.guesses.refuse_more(email, network)
            found = await self._recognise(email, password, network)
            await self.guesses.forgive(email)
        return found

    async def _recognise(self, email: str, password: str, network: str) -> tuple[User, Credential, bool]:
        user, credential = await self._find(email)
        # No transaction is open here: the hash takes longer than all statements together.
        checked = await self.hasher.check(normalise(password), credential)
        if user is None or credential is None or not checked.matches:
            await self.guesses.count(email, network)
            log.info("security.sign_in_failed", network=network)
            raise InvalidCredentials
        return user, credential, checked.outdated

    async def _find(self, email: str) -> tuple[User | None, Credential | None]:
        async with self.accounts.transaction() as tx:
            user = await tx.users.by_email(email)
            return user, await tx.users.credential(user.id) if user is not None else None

    async def _rehashed(self, password: str) -> Credential | None:
        with suppress(HashingBusy):  # the next sign-in is soon enough
            return await self.hasher.hash(normalise(password))
        return None

    async def _open(self, user: User, device: str, *, old: Credential, better: Credential | None) -> Grant | None:
        """None when the password was changed while it was checked: then it must be checked again."""
        token, session_id = self.world.dice.token(), self.world.ids.uuid7()

        async with self.accounts.transaction() as tx:
            # Roles may have changed meanwhile, too. What is changed from now on ends the session that we start.
            current = await tx.users.lock(user.id)
            if current is None or await tx.users.credential(user.id) != old:
                return None
            if current.disabled:
                raise AccountDisabled
            now = await tx.now()
            session = Session.start(id_=session_id, user_id=user.id, device=device, at=now)
            first = RefreshToken(digest=digest(token), family=session_id, generation=0, parent=None, issued_at=now)
            await tx.sessions.start(session, first)
            if better is not None:
                await tx.users.rehash(user.id, old=old, new=better)
        return Grant(current, self.tokens.issue(current, session_id), token)
