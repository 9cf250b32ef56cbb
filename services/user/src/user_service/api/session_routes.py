"""Signing in, staying signed in, and leaving: path, verb, who may, what happens."""

from uuid import UUID

from chassis.callers import SignedIn
from chassis.paging import BadCursor, Cursor, Limit, decode_cursor, encode_cursor
from chassis.problems import refusals
from fastapi import APIRouter

from user_service.api.caller import Device, Me, Network
from user_service.api.refusals import REFUSALS
from user_service.api.schemas import (
    GrantView,
    RefreshBody,
    SessionList,
    SignInBody,
    to_grant_view,
    to_session_view,
)
from user_service.domain.session import (
    EmailNotVerified,
    InvalidCredentials,
    SessionEnded,
    SessionNotFound,
    TooManyAttempts,
)
from user_service.domain.user import AccountDisabled
from user_service.ports import HashingBusy
from user_service.wiring import (
    EndAllSessionsDep,
    EndSessionDep,
    ListSessionsDep,
    RefreshSessionDep,
    SignInDep,
    SignOutDep,
)

YOUNGEST_FIRST = "sessions"

router = APIRouter(prefix="/api/v1/sessions", tags=["user"])


@router.post(
    "",
    status_code=201,
    responses=refusals(REFUSALS, InvalidCredentials, EmailNotVerified, AccountDisabled, TooManyAttempts, HashingBusy),
)
async def sign_in(body: SignInBody, sign_in: SignInDep, network: Network, device: Device) -> GrantView:
    """Sign in with e-mail address and password."""
    return to_grant_view(await sign_in(email=body.email, password=body.password, network=network, device=device))


@router.post("/refresh", responses=refusals(REFUSALS, SessionEnded, TooManyAttempts))
async def refresh_session(body: RefreshBody, refresh: RefreshSessionDep) -> GrantView:
    """Trade a refresh token for new tokens. Each one is good once; a repeat within a minute gets the same answer."""
    return to_grant_view(await refresh(refresh_token=body.refresh_token))


@router.get("", responses=refusals(REFUSALS, SessionEnded))
async def list_sessions(
    caller: SignedIn, me: Me, sessions: ListSessionsDep, cursor: Cursor = None, limit: Limit = 20
) -> SessionList:
    """Where the caller is signed in, the youngest session first."""
    before = _session_id(*decode_cursor(YOUNGEST_FIRST, cursor, str)) if cursor else None
    found = await sessions(user_id=me.id, before=before, limit=limit + 1)
    shown = [to_session_view(each, current=caller.session_id) for each in found[:limit]]
    more = encode_cursor(YOUNGEST_FIRST, str(shown[-1].id)) if len(found) > limit else None
    return SessionList(items=shown, next_cursor=more)


@router.delete("/current", status_code=204)
async def sign_out(caller: SignedIn, sign_out: SignOutDep) -> None:
    """End this session."""
    await sign_out(user_id=caller.user_id, session_id=caller.session_id)


@router.delete("/{session_id}", status_code=204, responses=refusals(REFUSALS, SessionEnded, SessionNotFound))
async def end_session(session_id: UUID, me: Me, end: EndSessionDep) -> None:
    """End one of the caller's sessions; every service refuses its tokens within two seconds."""
    await end(user_id=me.id, session_id=session_id)


@router.delete("", status_code=204, responses=refusals(REFUSALS, SessionEnded))
async def end_all_sessions(me: Me, end: EndAllSessionsDep) -> None:
    """Sign the caller out everywhere, here too."""
    await end(user_id=me.id)


def _session_id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise BadCursor from None
