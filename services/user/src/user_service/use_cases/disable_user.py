"""Close somebody's account, and open it again."""

from dataclasses import dataclass
from uuid import UUID

from chassis.logging import get_logger, pseudonym

from user_service.domain.user import LastAdmin, Role, User, UserNotFound
from user_service.log_events import EVENTS
from user_service.ports import AllAccounts
from user_service.use_cases.announcements import end_every_session, raise_alert

log = get_logger("user.disabling", EVENTS)


@dataclass(frozen=True, slots=True)
class DisableUser:
    """Nobody gets in, and whoever is in is sent away everywhere. Raises UserNotFound and LastAdmin."""

    accounts: AllAccounts

    async def __call__(self, *, user_id: UUID, reason: str, by: UUID) -> User:
        async with self.accounts.transaction() as tx:
            admins = await tx.users.admins()
            user = await tx.users.lock(user_id)
            if user is None:
                raise UserNotFound
            if user.disabled:
                return user
            if Role.ADMIN in user.roles and admins == 1:
                raise LastAdmin
            now = await tx.now()
            user = user.disable(reason=reason, at=now)
            await tx.users.save(user)
            await end_every_session(tx, user_id, at=now)
            await raise_alert(tx, user_id, "account_disabled", at=now)
        log.info("security.user_disabled", user=pseudonym(user_id), by=pseudonym(by))
        return user


@dataclass(frozen=True, slots=True)
class EnableUser:
    """The owner may sign in again. Raises UserNotFound."""

    accounts: AllAccounts

    async def __call__(self, *, user_id: UUID, by: UUID) -> User:
        async with self.accounts.transaction() as tx:
            user = await tx.users.lock(user_id)
            if user is None:
                raise UserNotFound
            if not user.disabled:
                return user
            user = user.enable()
            await tx.users.save(user)
            await raise_alert(tx, user_id, "account_enabled", at=await tx.now())
        log.info("security.user_enabled", user=pseudonym(user_id), by=pseudonym(by))
        return user
