"""Say what a user may do."""

from dataclasses import dataclass
from uuid import UUID

from chassis.logging import get_logger, pseudonym

from user_service.domain.user import LastAdmin, Role, User, UserNotFound
from user_service.log_events import EVENTS
from user_service.ports import AllAccounts
from user_service.use_cases.announcements import end_every_session, raise_alert

log = get_logger("user.roles", EVENTS)


@dataclass(frozen=True, slots=True)
class SetRoles:
    """Exactly these roles from now on; whoever is signed in signs in again with them.

    Raises UserNotFound and LastAdmin.
    """

    accounts: AllAccounts

    async def __call__(self, *, user_id: UUID, roles: frozenset[Role], by: UUID) -> User:
        async with self.accounts.transaction() as tx:
            admins = await tx.users.admins()
            user = await tx.users.lock(user_id)
            if user is None:
                raise UserNotFound
            if user.roles == roles:
                return user
            if Role.ADMIN in user.roles - roles and admins == 1 and not user.disabled:
                raise LastAdmin
            now = await tx.now()
            user = user.with_roles(roles)
            await tx.users.save(user)
            if await end_every_session(tx, user_id, at=now):
                await raise_alert(tx, user_id, "sessions_ended", at=now)
        log.info("security.roles_set", user=pseudonym(user_id), by=pseudonym(by), roles=sorted(roles))
        return user
