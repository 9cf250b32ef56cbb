"""What goes over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from chassis.schemas import RequestBody, ResponseBody
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from user_service.domain.email import MAX_EMAIL, normalise_email
from user_service.domain.passwords import of_good_length
from user_service.domain.session import ACCESS_LIFETIME, Grant
from user_service.domain.user import Role, User

Email = Annotated[str, StringConstraints(max_length=MAX_EMAIL), AfterValidator(normalise_email)]
# Spaces around a password belong to it. The bound is generous: NFC may shorten what was typed.
Password = Annotated[
    str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1024, pattern=r"^[^\x00]*$")
]
NewPassword = Annotated[Password, AfterValidator(of_good_length)]
# A name goes into mails: no line breaks, and nothing that makes a link.
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f<>@:/\\]*$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


class RegisterBody(RequestBody):
    email: Email
    name: Name
    password: NewPassword
    locale: Locale = "en"


class AddressBody(RequestBody):
    email: Email


class TokenBody(RequestBody):
    token: Token


class SignInBody(RequestBody):
    email: Email
    password: Password


class RefreshBody(RequestBody):
    refresh_token: Token


class ProfileBody(RequestBody):
    """What is left out stays as it is."""

    name: Name | None = None
    locale: Locale | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.name is None and self.locale is None:
            raise ValueError("give a name or a locale")
        return self


class RolesBody(RequestBody):
    roles: list[Role] = Field(min_length=1, max_length=len(Role))


class Accepted(ResponseBody):
    detail: str


MAIL_IS_COMING = Accepted(detail="If this address needs to be verified, a mail is on its way to it.")


class UserView(ResponseBody):
    id: UUID
    email: str
    name: str
    locale: str
    roles: list[Role]
    verified: bool
    created_at: datetime


class UserList(ResponseBody):
    items: list[UserView]


class GrantView(ResponseBody):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    refresh_token: str
    user: UserView


class Jwks(ResponseBody):
    keys: list[dict[str, str]]


def to_user_view(user: User) -> UserView:
    return UserView(
        id=user.id,
        email=user.email,
        name=user.name,
        locale=user.locale,
        roles=sorted(user.roles),
        verified=user.verified,
        created_at=user.created_at,
    )


def to_grant_view(grant: Grant) -> GrantView:
    return GrantView(
        access_token=grant.access_token,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        refresh_token=grant.refresh_token,
        user=to_user_view(grant.user),
    )
