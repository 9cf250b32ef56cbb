"""Accounts: how they are opened, proven and won back, and what staff do with them."""

from typing import Annotated
from uuid import UUID

from chassis.paging import BadCursor, Cursor, Limit, decode_cursor, encode_cursor
from chassis.problems import refusals
from fastapi import APIRouter, Query, Response

from user_service.api.caller import AdminMe, Network
from user_service.api.refusals import REFUSALS
from user_service.api.schemas import (
    MAIL_IS_COMING,
    RESET_IS_COMING,
    Accepted,
    Email,
    EmailBody,
    Jwks,
    Nothing,
    ReasonBody,
    RegisterBody,
    ResetBody,
    RolesBody,
    StaffUserView,
    TokenBody,
    UserList,
    to_staff_user_view,
)
from user_service.domain.passwords import PasswordRefused
from user_service.domain.session import SessionEnded, TooManyAttempts
from user_service.domain.user import LastAdmin, ResetTokenInvalid, UserNotFound, VerificationTokenInvalid
from user_service.ports import HashingBusy
from user_service.wiring import (
    DisableUserDep,
    EnableUserDep,
    FindUserDep,
    ListUsersDep,
    PublicKeysDep,
    RegisterDep,
    RequestPasswordResetDep,
    RequestVerificationDep,
    ResetPasswordDep,
    SetRolesDep,
    VerifyEmailDep,
)

NEWEST_FIRST = "users"
SAID_NO = {**REFUSALS, BadCursor: (422, "invalid_cursor")}

router = APIRouter(tags=["user"])


@router.post(
    "/api/v1/users", status_code=202, responses=refusals(REFUSALS, PasswordRefused, TooManyAttempts, HashingBusy)
)
async def register_user(body: RegisterBody, register: RegisterDep, network: Network) -> Accepted:
    """Open an account. The answer is the same whether the address is known or not."""
    await register(email=body.email, name=body.name, password=body.password, locale=body.locale, network=network)
    return MAIL_IS_COMING


@router.post("/api/v1/users/verification", status_code=204, responses=refusals(REFUSALS, VerificationTokenInvalid))
async def verify_email(body: TokenBody, verify: VerifyEmailDep) -> None:
    """Prove an address by the token that was mailed to it."""
    await verify(token=body.token)


@router.post("/api/v1/users/verification-requests", status_code=202)
async def request_verification(body: EmailBody, request: RequestVerificationDep) -> Accepted:
    """Ask for another verification mail."""
    await request(email=body.email)
    return MAIL_IS_COMING


@router.post("/api/v1/users/password-resets", status_code=202, responses=refusals(REFUSALS, TooManyAttempts))
async def request_password_reset(body: EmailBody, request: RequestPasswordResetDep, network: Network) -> Accepted:
    """Ask for a link by which a new password may be chosen. Known and unknown addresses are answered alike."""
    await request(email=body.email, network=network)
    return RESET_IS_COMING


@router.post(
    "/api/v1/users/password-resets/confirm",
    status_code=204,
    responses=refusals(REFUSALS, ResetTokenInvalid, PasswordRefused, HashingBusy),
)
async def reset_password(body: ResetBody, reset: ResetPasswordDep) -> None:
    """Choose a new password by the token that was mailed. It ends every session, and the owner is mailed."""
    await reset(token=body.token, password=body.password)


@router.get("/api/v1/users", responses=refusals(SAID_NO, SessionEnded, BadCursor))
async def find_users(
    _admin: AdminMe,
    find: FindUserDep,
    listed: ListUsersDep,
    email: Annotated[Email | None, Query(description="One user alone, or none.")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> UserList:
    """Look a user up by address, or through all of them, the newest first; for admins."""
    if email is not None:
        one = await find(email=email)
        return UserList(items=[to_staff_user_view(one)] if one is not None else [])
    found, more = await listed(before=_before(cursor), limit=limit)
    return UserList(
        items=[to_staff_user_view(each) for each in found],
        next_cursor=encode_cursor(NEWEST_FIRST, str(found[-1].id)) if more else None,
    )


@router.put("/api/v1/users/{user_id}/roles", responses=refusals(REFUSALS, SessionEnded, UserNotFound, LastAdmin))
async def set_roles(user_id: UUID, body: RolesBody, admin: AdminMe, set_roles: SetRolesDep) -> StaffUserView:
    """Give a user exactly these roles, who then has to sign in again; for admins."""
    return to_staff_user_view(await set_roles(user_id=user_id, roles=frozenset(body.roles), by=admin.id))


@router.post("/api/v1/users/{user_id}/disable", responses=refusals(REFUSALS, SessionEnded, UserNotFound, LastAdmin))
async def disable_user(user_id: UUID, body: ReasonBody, admin: AdminMe, disable: DisableUserDep) -> StaffUserView:
    """Close an account, and send everybody away who is signed in to it; for admins."""
    return to_staff_user_view(await disable(user_id=user_id, reason=body.reason, by=admin.id))


@router.post("/api/v1/users/{user_id}/enable", responses=refusals(REFUSALS, SessionEnded, UserNotFound))
async def enable_user(user_id: UUID, _body: Nothing, admin: AdminMe, enable: EnableUserDep) -> StaffUserView:
    """Open a closed account again; for admins."""
    return to_staff_user_view(await enable(user_id=user_id, by=admin.id))


@router.get("/.well-known/jwks.json")
async def jwks(public_keys: PublicKeysDep, response: Response) -> Jwks:
    """The public keys that access tokens are signed with."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return Jwks.model_validate(public_keys())


def _before(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    [id_] = decode_cursor(NEWEST_FIRST, cursor, str)
    try:
        return UUID(str(id_))
    except ValueError:
        raise BadCursor from None
