"""Choose a new password without knowing the old one, by a link in a mail."""

from dataclasses import dataclass

from chassis.logging import get_logger, pseudonym
from chassis.rate_limits import Limiter, Rule
from chassis.world import World
from contracts.user import PasswordResetRequested

from user_service.domain.session import TooManyAttempts, digest
from user_service.domain.user import RESET_LIFETIME, ResetTokenInvalid, User, Verification
from user_service.log_events import EVENTS
from user_service.ports import AllAccounts
from user_service.use_cases.announcements import end_every_session, raise_alert
from user_service.use_cases.guesses import Guesses
from user_service.use_cases.register import AcceptPassword

ANSWER_SECONDS = 0.25

log = get_logger("user.password", EVENTS)


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    """Have the link mailed. Unknown, unproven and closed accounts are met with silence; so is one flooded with mails.

    Raises TooManyAttempts for a network that asks for many accounts.
    """

    accounts: AllAccounts
    limiter: Limiter
    mails: Rule
    network: Rule
    world: World

    async def __call__(self, *, email: str, network: str) -> None:
        allowance = await self.limiter.hit(self.network, network)
        if not allowance.allowed:
            raise TooManyAttempts(allowance.retry_after)
        if not (await self.limiter.hit(self.mails, email)).allowed:
            return
        began = self.world.clock.monotonic()
        await self._request(email)
        # A known address costs a few writes more than an unknown one: who holds a watch must not learn which it was.
        took = self.world.clock.monotonic() - began
        await self.world.clock.sleep(max(0.0, ANSWER_SECONDS - took))

    async def _request(self, email: str) -> None:
        token = self.world.dice.token()

        async with self.accounts.transaction() as tx:
            found = await tx.users.by_email(email)
            user = await tx.users.lock(found.id) if found is not None else None
            if user is None or not user.verified or user.disabled:
                return
            expires_at = await tx.now() + RESET_LIFETIME
            await tx.resets.replace(Verification(digest(token), user.id, expires_at))
            message = PasswordResetRequested(
                user_id=user.id,
                email=user.email,
                name=user.name,
                locale=user.locale,
                token=token,
                expires_at=expires_at,
            )
            await tx.announce(message, seq=0)


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Each link is good once. Ends every session, mails the owner, and opens an account that guessers have closed.

    Raises ResetTokenInvalid, PasswordRefused and HashingBusy; a refused password leaves the link good.
    """

    accounts: AllAccounts
    accept_password: AcceptPassword
    guesses: Guesses

    async def __call__(self, *, token: str, password: str) -> None:
        presented = digest(token)
        user = await self._owner(presented)
        # No transaction is open here: the hash takes longer than all statements together.
        credential = await self.accept_password(password, email=user.email, name=user.name)

        async with self.accounts.transaction() as tx:
            await tx.users.lock(user.id)
            if not await tx.resets.take(presented):
                raise ResetTokenInvalid
            now = await tx.now()
            await tx.users.set_credential(user.id, credential)
            await end_every_session(tx, user.id, at=now)
            await raise_alert(tx, user.id, "password_reset", at=now)
        await self.guesses.forgive(user.email)
        log.info("security.password_reset", user=pseudonym(user.id))

    async def _owner(self, presented: bytes) -> User:
        async with self.accounts.transaction() as tx:
            owner = await tx.resets.owner(presented)
            user = await tx.users.get(owner) if owner is not None else None
        if user is None:
            raise ResetTokenInvalid
        return user
