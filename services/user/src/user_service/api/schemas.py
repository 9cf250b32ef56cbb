"""What goes over HTTP."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from chassis.schemas import Page, RequestBody, ResponseBody, ShortText
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from user_service.domain.address import Address, Entry
from user_service.domain.email import MAX_EMAIL, normalise_email
from user_service.domain.passwords import LONGEST, SHORTEST, of_good_length
from user_service.domain.session import ACCESS_LIFETIME, Grant, Session
from user_service.domain.user import Role, User

Email = Annotated[
    str,
    StringConstraints(max_length=MAX_EMAIL),
    AfterValidator(normalise_email),
    Field(json_schema_extra={"format": "email"}),
]
# Spaces around a password belong to it. The bound is generous: NFC may shorten what was typed.
Password = Annotated[
    str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1024, pattern=r"^[^\x00]*$")
]
NewPassword = Annotated[
    Password,
    AfterValidator(of_good_length),
    Field(json_schema_extra={"minLength": SHORTEST, "maxLength": LONGEST}),
]
NAME = r"^[^\x00-\x1f\x7f<>@:/\\]*[^\s\x00-\x1f\x7f<>@:/\\][^\x00-\x1f\x7f<>@:/\\]*$"
# A name goes into mails: no line breaks, and nothing that makes a link.
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NAME)]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
# No space at either end: it would be trimmed, and what is left might be too short.
AddressPhone = Annotated[str, StringConstraints(pattern=r"^(\+ ?)?[0-9()/-][0-9 ()/-]{3,28}[0-9()/-]$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


class RegisterBody(RequestBody):
    email: Email
    name: Name
    password: NewPassword
    locale: Locale = "en"


class EmailBody(RequestBody):
    email: Email


class TokenBody(RequestBody):
    token: Token


class SignInBody(RequestBody):
    email: Email
    password: Password


class RefreshBody(RequestBody):
    refresh_token: Token


class PasswordBody(RequestBody):
    current_password: Password
    new_password: NewPassword


class ResetBody(RequestBody):
    token: Token
    password: NewPassword


class ProfileBody(RequestBody):
    """What is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["name"], "properties": {"name": {"type": "string"}}},
                {"required": ["locale"], "properties": {"locale": {"type": "string"}}},
                {"required": ["phone"]},
            ]
        }
    )

    name: Name | None = None
    locale: Locale | None = None
    phone: Phone | None = Field(default=None, description="E.164, such as +4930123456; null takes it away.")

    @property
    def forget_phone(self) -> bool:
        return self.phone is None and "phone" in self.model_fields_set

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.name is None and self.locale is None and "phone" not in self.model_fields_set:
            raise ValueError("give a name, a locale or a phone")
        return self


class AddressBody(RequestBody):
    name: ShortText
    line1: ShortText
    line2: ShortText | None = None
    city: ShortText
    postal_code: Annotated[ShortText, StringConstraints(max_length=16)]
    country: Country
    phone: AddressPhone | None = None
    default: bool = Field(default=False, description="The one that is offered first; it takes the place of another.")

    def to_address(self) -> Address:
        return Address(**self.model_dump(exclude={"default"}))


class ReasonBody(RequestBody):
    reason: ShortText


class Nothing(RequestBody):
    """An empty object."""


class RolesBody(RequestBody):
    roles: list[Role] = Field(min_length=1, max_length=len(Role))


class Accepted(ResponseBody):
    detail: str


MAIL_IS_COMING = Accepted(detail="If this address needs to be verified, a mail is on its way to it.")


RESET_IS_COMING = Accepted(detail="If this address has an account, a mail is on its way to it.")


class UserView(ResponseBody):
    id: UUID
    email: str
    name: str
    locale: str
    phone: str | None
    roles: list[Role]
    verified: bool
    created_at: datetime


class StaffUserView(UserView):
    """What staff see of a user besides."""

    disabled_at: datetime | None
    disabled_reason: str | None


class UserList(Page[StaffUserView]):
    """Users as staff see them."""


class SessionView(ResponseBody):
    id: UUID
    device: str = Field(description="What the client called itself when it signed in.")
    started_at: datetime
    last_used_at: datetime
    current: bool


class SessionList(Page[SessionView]):
    """Where the caller is signed in."""


class AddressView(ResponseBody):
    id: UUID
    name: str
    line1: str
    line2: str | None
    city: str
    postal_code: str
    country: str
    phone: str | None
    default: bool


class AddressList(ResponseBody):
    items: list[AddressView]


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
        phone=user.phone,
        roles=sorted(user.roles),
        verified=user.verified,
        created_at=user.created_at,
    )


def to_staff_user_view(user: User) -> StaffUserView:
    return StaffUserView(**dict(to_user_view(user)), disabled_at=user.disabled_at, disabled_reason=user.disabled_reason)


def to_session_view(session: Session, *, current: UUID) -> SessionView:
    return SessionView(
        id=session.id,
        device=session.device,
        started_at=session.started_at,
        last_used_at=session.last_used_at,
        current=session.id == current,
    )


def to_address_view(entry: Entry) -> AddressView:
    return AddressView(id=entry.id, default=entry.default, **asdict(entry.address))


def to_grant_view(grant: Grant) -> GrantView:
    return GrantView(
        access_token=grant.access_token,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        refresh_token=grant.refresh_token,
        user=to_user_view(grant.user),
    )
