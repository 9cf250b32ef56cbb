"""Take the proof that an address is read by its owner. It also opens an account that guessers have closed."""

from dataclasses import dataclass

from contracts.user import EmailVerified

from user_service.domain.session import digest
from user_service.domain.user import VerificationTokenInvalid
from user_service.ports import AllAccounts
from user_service.use_cases.guesses import Guesses


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Each token is good once. Raises VerificationTokenInvalid."""

    accounts: AllAccounts
    guesses: Guesses

    async def __call__(self, *, token: str) -> None:
        presented = digest(token)

        async with self.accounts.transaction() as tx:
            # The user is locked before the token, as everywhere: nobody waits in a circle.
            owner = await tx.verifications.owner(presented)
            user = await tx.users.lock(owner) if owner is not None else None
            if user is None or not await tx.verifications.take(presented):
                raise VerificationTokenInvalid

            user = user.verify(at=await tx.now())
            await tx.users.save(user)
            message = EmailVerified(
                user_id=user.id, email=user.email, name=user.name, locale=user.locale, phone=user.phone
            )
            await tx.announce(message, seq=user.version)
        await self.guesses.forgive(user.email)
