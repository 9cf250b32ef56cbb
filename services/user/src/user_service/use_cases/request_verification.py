"""Send another verification mail, if there is anything to verify or to open again."""

from dataclasses import dataclass
from datetime import datetime

from chassis.rate_limits import Limiter, Rule
from chassis.world import World
from contracts.user import EmailVerificationRequested

from user_service.domain.session import digest
from user_service.domain.user import VERIFICATION_LIFETIME, User, Verification
from user_service.ports import AllAccounts, WideTransaction
from user_service.use_cases.guesses import Guesses


async def ask_to_verify(tx: WideTransaction, user: User, *, now: datetime, world: World) -> None:
    """Make a new token the user's only one, and have it mailed."""
    token, expires_at = world.dice.token(), now + VERIFICATION_LIFETIME
    asked = user.asked_to_verify()
    await tx.users.save(asked)
    await tx.verifications.replace(Verification(digest(token), user.id, expires_at))
    message = EmailVerificationRequested(
        user_id=user.id, email=user.email, name=user.name, locale=user.locale, token=token, expires_at=expires_at
    )
    await tx.announce(message, seq=asked.version)


@dataclass(frozen=True, slots=True)
class RequestVerification:
    """Unknown and proven addresses are met with silence, unless guessers have closed the account to its owner."""

    accounts: AllAccounts
    guesses: Guesses
    limiter: Limiter
    mails: Rule
    world: World

    async def __call__(self, *, email: str) -> None:
        if not (await self.limiter.hit(self.mails, email)).allowed:
            return
        closed = await self.guesses.closed(email)

        async with self.accounts.transaction() as tx:
            found = await tx.users.by_email(email)
            user = await tx.users.lock(found.id) if found is not None else None
            if user is not None and (closed or not user.verified):
                await ask_to_verify(tx, user, now=await tx.now(), world=self.world)
