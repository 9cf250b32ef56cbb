"""Make the first member of staff, once: there are no default accounts."""

from dataclasses import dataclass

from chassis.world import World
from contracts.user import EmailVerified, UserRegistered

from user_service.domain.user import Role, User
from user_service.ports import AllAccounts
from user_service.use_cases.register import AcceptPassword


class AdminExists(Exception):
    def __init__(self) -> None:
        super().__init__("There is an admin already. Ask them for a role.")


class EmailTaken(Exception):
    def __init__(self) -> None:
        super().__init__("This e-mail address has an account already. Take another one.")


@dataclass(frozen=True, slots=True)
class BootstrapAdmin:
    """Raises AdminExists, EmailTaken and PasswordRefused. The address counts as proven: you have the console."""

    accounts: AllAccounts
    accept_password: AcceptPassword
    world: World

    async def __call__(self, *, email: str, name: str, password: str, locale: str = "en") -> User:
        credential = await self.accept_password(password, email=email, name=name)

        async with self.accounts.transaction() as tx:
            if await tx.users.admins():
                raise AdminExists
            now = await tx.now()
            registered = User(
                id=self.world.ids.uuid7(),
                email=email,
                name=name,
                locale=locale,
                roles=frozenset({Role.ADMIN}),
                created_at=now,
            )
            if not await tx.users.add(registered):
                raise EmailTaken
            user = registered.verify(at=now)
            await tx.users.save(user)
            await tx.users.set_credential(user.id, credential)
            contact = {"user_id": user.id, "email": email, "name": name, "locale": locale}
            await tx.announce(UserRegistered.model_validate(contact), seq=registered.version)
            await tx.announce(EmailVerified.model_validate(contact), seq=user.version)
        return user
