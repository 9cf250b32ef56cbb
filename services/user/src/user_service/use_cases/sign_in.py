"""Open a session for somebody who knows the password."""

from dataclasses import dataclass
from functools import partial

from chassis.logging import get_logger, pseudonym
from chassis.world import World

from user_service.domain.session import (
    EmailNotVerified,
    Grant,
    RefreshToken,
    Session,
    digest,
)
from user_service.domain.user import AccountDisabled, Credential, User
from user_service.log_events import EVENTS
from user_service.ports import AccessTokens, AllAccounts
from user_service.use_cases.prove_password import ProvePassword

log = get_logger("user.sign_in", EVENTS)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Raises InvalidCredentials, EmailNotVerified, AccountDisabled, TooManyAttempts and HashingBusy.

    Known and unknown addresses walk the same way and cost the same.
    """

    accounts: AllAccounts
    prove: ProvePassword
    tokens: AccessTokens
    world: World

    async def __call__(self, *, email: str, password: str, network: str, device: str) -> Grant:
        grant = None
        while grant is None:
            find = partial(self._find, email)
            user, credential, outdated = await self.prove(password, of=email, network=network, find=find)
            if not user.verified:
                raise EmailNotVerified
            better = await self.prove.rehashed(password) if outdated else None
            grant = await self._open(user, device, old=credential, better=better)
        log.info("security.signed_in", user=pseudonym(grant.user.id), network=network)
        return grant

    async def _find(self, email: str) -> tuple[User | None, Credential | None]:
        async with self.accounts.transaction() as tx:
            user = await tx.users.by_email(email)
            return user, await tx.users.credential(user.id) if user is not None else None

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
