"""How often somebody may guess a password, and what happens to an account that is guessed at."""

from dataclasses import dataclass

from chassis.logging import get_logger
from chassis.rate_limits import Allowance, Limiter, Rule

from user_service.domain.session import TooManyAttempts
from user_service.log_events import EVENTS

log = get_logger("user.guesses", EVENTS)


@dataclass(frozen=True, slots=True)
class Guesses:
    """Counts failed sign-ins; successful ones are free. Known and unknown addresses are counted alike."""

    limiter: Limiter
    here: Rule
    """From one network at one account."""
    network: Rule
    """From one network at any account: who sprays one password over many accounts is slowed down."""
    slowly: Rule
    """What is left to a network that is over its limit."""
    account: Rule
    """In a row at one account, from anywhere. Its mail opens it again: no guesser locks an owner out."""

    async def refuse_more(self, email: str, network: str) -> None:
        """Raises TooManyAttempts."""
        for rule, keys in ((self.here, (email, network)), (self.account, (email,))):
            _admit(await self.limiter.check(rule, *keys), rule)
        if not (await self.limiter.check(self.network, network)).allowed:
            _admit(await self.limiter.hit(self.slowly, network), self.slowly)

    async def count(self, email: str, network: str) -> None:
        """One more has failed."""
        await self.limiter.hit(self.here, email, network)
        await self.limiter.hit(self.network, network)
        await self.limiter.hit(self.account, email)

    async def forgive(self, email: str) -> None:
        """The owner is here: the row of failures has ended."""
        await self.limiter.clear(self.account, email)

    async def closed(self, email: str) -> bool:
        """Is this account closed to everybody who only knows its password?"""
        return not (await self.limiter.check(self.account, email)).allowed


def _admit(allowance: Allowance, rule: Rule) -> None:
    if not allowance.allowed:
        log.warning("security.sign_in_limited", rule=rule.name)
        raise TooManyAttempts(allowance.retry_after)
