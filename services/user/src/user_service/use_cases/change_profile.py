"""Change what the user may change about themselves."""

from dataclasses import dataclass
from uuid import UUID

from contracts.user import ContactChanged

from user_service.domain.user import User, UserNotFound
from user_service.ports import Accounts


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """What is None stays. Raises UserNotFound."""

    accounts: Accounts

    async def __call__(
        self, *, user_id: UUID, name: str | None, locale: str | None, phone: str | None, forget_phone: bool
    ) -> User:
        async with self.accounts.transaction() as tx:
            known = await tx.users.lock(user_id)
            if known is None:
                raise UserNotFound
            user = known.with_profile(name=name, locale=locale, phone=phone, forget_phone=forget_phone)
            if user is known:
                return known
            await tx.users.save(user)
            message = ContactChanged(
                user_id=user.id,
                email=user.email,
                name=user.name,
                locale=user.locale,
                phone=user.phone,
                verified=user.verified,
            )
            await tx.announce(message, seq=user.version)
        return user
