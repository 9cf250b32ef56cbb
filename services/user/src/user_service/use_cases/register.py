"""Open an account; the answer never tells whether the address was known."""

from dataclasses import dataclass

from chassis.rate_limits import Allowance, Limiter, Rule
from chassis.world import World
from contracts.user import UserRegistered

from user_service.domain.passwords import PasswordRefused, of_good_length, refuse_guessable
from user_service.domain.session import TooManyAttempts
from user_service.domain.user import Credential, User
from user_service.ports import AllAccounts, Breaches, Hasher, WideTransaction
from user_service.use_cases.request_verification import ask_to_verify


@dataclass(frozen=True, slots=True)
class AcceptPassword:
    """Turn a new password into what is kept of it. Raises PasswordRefused and HashingBusy."""

    hasher: Hasher
    breaches: Breaches

    async def __call__(self, password: str, *, email: str, name: str) -> Credential:
        normal = of_good_length(password)
        refuse_guessable(normal, email=email, name=name)
        if await self.breaches.has(normal):
            raise PasswordRefused("The password is known from a data breach.")
        return await self.hasher.hash(normal)


@dataclass(frozen=True, slots=True)
class Register:
    """A new account gets its verification mail; an unproven one a new one; a proven one stays as it is.

    Raises PasswordRefused, HashingBusy, and TooManyAttempts for a network that opens one account after the other.
    """

    accounts: AllAccounts
    accept_password: AcceptPassword
    limiter: Limiter
    accounts_each: Rule
    mails: Rule
    world: World

    async def __call__(self, *, email: str, name: str, password: str, locale: str, network: str) -> None:
        _admit(await self.limiter.check(self.accounts_each, network))
        credential = await self.accept_password(password, email=email, name=name)
        # Counted only now: whoever is still looking for a good password has opened no account.
        _admit(await self.limiter.hit(self.accounts_each, network))
        if not (await self.limiter.hit(self.mails, email)).allowed:
            return

        async with self.accounts.transaction() as tx:
            now = await tx.now()
            user = User(id=self.world.ids.uuid7(), email=email, name=name, locale=locale, created_at=now)
            if await tx.users.add(user):
                message = UserRegistered(user_id=user.id, email=email, name=name, locale=locale)
                await tx.announce(message, seq=user.version)
            else:
                known = await self._unproven(tx, email)
                if known is None:
                    return
                user = known.registered_again(name=name, locale=locale)
            await tx.users.set_credential(user.id, credential)
            await ask_to_verify(tx, user, now=now, world=self.world)

    async def _unproven(self, tx: WideTransaction, email: str) -> User | None:
        found = await tx.users.by_email(email)
        known = await tx.users.lock(found.id) if found is not None else None
        return None if known is None or known.verified else known


def _admit(allowance: Allowance) -> None:
    if not allowance.allowed:
        raise TooManyAttempts(allowance.retry_after)
