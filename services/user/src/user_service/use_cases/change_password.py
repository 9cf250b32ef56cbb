"""Choose another password, knowing the present one."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from chassis.faults import WriteConflict
from chassis.logging import get_logger, pseudonym

from user_service.domain.passwords import PasswordRefused, normalise
from user_service.domain.session import InvalidCredentials, WrongPassword
from user_service.domain.user import Credential, User
from user_service.log_events import EVENTS
from user_service.ports import Accounts
from user_service.use_cases.announcements import end_every_session, raise_alert
from user_service.use_cases.prove_password import ProvePassword
from user_service.use_cases.register import AcceptPassword

log = get_logger("user.password", EVENTS)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Ends every other session, and mails the owner.

    Raises WrongPassword, PasswordRefused, TooManyAttempts and HashingBusy: a guess is a guess, signed in or not.
    """

    accounts: Accounts
    prove: ProvePassword
    accept_password: AcceptPassword

    async def __call__(self, *, user: User, session_id: UUID, current: str, new: str, network: str) -> None:
        known = await self._prove(user, current, network)
        if normalise(new) == normalise(current):
            raise PasswordRefused("This is your password already.")
        credential = await self.accept_password(new, email=user.email, name=user.name)

        async with self.accounts.transaction() as tx:
            await tx.users.lock(user.id)
            if await tx.users.credential(user.id) != known:
                raise WriteConflict("the password was changed meanwhile")
            now = await tx.now()
            await tx.users.set_credential(user.id, credential)
            await end_every_session(tx, user.id, at=now, but=session_id)
            await raise_alert(tx, user.id, "password_changed", at=now)
        log.info("security.password_changed", user=pseudonym(user.id))

    async def _prove(self, user: User, current: str, network: str) -> Credential:
        try:
            find = partial(self._find, user.id)
            _, credential, _ = await self.prove(current, of=user.email, network=network, find=find)
        except InvalidCredentials:
            raise WrongPassword from None
        return credential

    async def _find(self, user_id: UUID) -> tuple[User | None, Credential | None]:
        async with self.accounts.transaction() as tx:
            return await tx.users.get(user_id), await tx.users.credential(user_id)
