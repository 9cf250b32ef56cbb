"""Path, verb, who may, what happens."""

from typing import Annotated
from uuid import UUID

from chassis.auth import SignedIn
from chassis.problems import refusals
from fastapi import APIRouter, Query, Response

from user_service.api.caller import AdminMe, Device, Me, Network
from user_service.api.refusals import REFUSALS
from user_service.api.schemas import (
    MAIL_IS_COMING,
    Accepted,
    AddressBody,
    Email,
    GrantView,
    Jwks,
    ProfileBody,
    RefreshBody,
    RegisterBody,
    RolesBody,
    SignInBody,
    TokenBody,
    UserList,
    UserView,
    to_grant_view,
    to_user_view,
)
from user_service.domain.passwords import PasswordRefused
from user_service.domain.session import EmailNotVerified, InvalidCredentials, SessionEnded, TooManyAttempts
from user_service.domain.user import LastAdmin, UserNotFound, VerificationTokenInvalid
from user_service.ports import HashingBusy
from user_service.wiring import (
    ChangeProfileDep,
    FindUserDep,
    PublicKeysDep,
    RefreshSessionDep,
    RegisterDep,
    RequestVerificationDep,
    SetRolesDep,
    SignInDep,
    SignOutDep,
    VerifyEmailDep,
)

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
async def request_verification(body: AddressBody, request: RequestVerificationDep) -> Accepted:
    """Ask for another verification mail."""
    await request(email=body.email)
    return MAIL_IS_COMING


@router.post(
    "/api/v1/sessions",
    status_code=201,
    responses=refusals(REFUSALS, InvalidCredentials, EmailNotVerified, TooManyAttempts, HashingBusy),
)
async def sign_in(body: SignInBody, sign_in: SignInDep, network: Network, device: Device) -> GrantView:
    """Sign in with e-mail address and password."""
    return to_grant_view(await sign_in(email=body.email, password=body.password, network=network, device=device))


@router.post("/api/v1/sessions/refresh", responses=refusals(REFUSALS, SessionEnded))
async def refresh_session(body: RefreshBody, refresh: RefreshSessionDep) -> GrantView:
    """Trade a refresh token for new tokens. Each one is good once; a repeat within a minute gets the same answer."""
    return to_grant_view(await refresh(refresh_token=body.refresh_token))


@router.delete("/api/v1/sessions/current", status_code=204)
async def sign_out(caller: SignedIn, sign_out: SignOutDep) -> None:
    """End this session."""
    await sign_out(session_id=caller.session_id)


@router.get("/api/v1/me", responses=refusals(REFUSALS, SessionEnded))
async def show_me(me: Me) -> UserView:
    """The caller's own account."""
    return to_user_view(me)


@router.patch("/api/v1/me", responses=refusals(REFUSALS, SessionEnded))
async def change_me(body: ProfileBody, me: Me, change: ChangeProfileDep) -> UserView:
    """Change the caller's name or locale."""
    return to_user_view(await change(user_id=me.id, name=body.name, locale=body.locale))


@router.get("/api/v1/users", responses=refusals(REFUSALS, SessionEnded))
async def find_users(email: Annotated[Email, Query()], _admin: AdminMe, find: FindUserDep) -> UserList:
    """Look a user up by address; for admins. No item when there is none."""
    found = await find(email=email)
    return UserList(items=[to_user_view(found)] if found is not None else [])


@router.put("/api/v1/users/{user_id}/roles", responses=refusals(REFUSALS, SessionEnded, UserNotFound, LastAdmin))
async def set_roles(user_id: UUID, body: RolesBody, admin: AdminMe, set_roles: SetRolesDep) -> UserView:
    """Give a user exactly these roles; for admins."""
    return to_user_view(await set_roles(user_id=user_id, roles=frozenset(body.roles), by=admin.id))


@router.get("/.well-known/jwks.json")
async def jwks(public_keys: PublicKeysDep, response: Response) -> Jwks:
    """The public keys that access tokens are signed with."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return Jwks.model_validate(public_keys())
