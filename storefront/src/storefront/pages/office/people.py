"""Users: found by their address, sent away, let in again, given roles."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Json, Refused
from storefront.doorway import FormDep
from storefront.staff import StaffDep
from storefront.visit import Visit

router = APIRouter()
ROLES = ("customer", "support", "admin")


@router.get("/office/users")
async def find_users(visit: StaffDep, email: str = "") -> Response:
    """By the whole address: nobody browses through people."""
    found, wrong = None, ""
    if email:
        try:
            found = (await visit.ask("GET", "/api/v1/users", own=True, params={"email": email.strip()[:254]}))["items"]
        except Refused as refused:
            if refused.status != 422:
                raise
            wrong = "That is no e-mail address."
    return visit.page("office/users.html", users=found, email=email, wrong=wrong, roles=ROLES)


@router.post("/office/users/{user_id}/disable")
async def disable(visit: StaffDep, form: FormDep, user_id: UUID) -> Response:
    body = {"reason": form.get("reason", "")}
    said = "They are signed out everywhere and cannot come back in."
    return await _act(visit, form, "POST", f"/api/v1/users/{user_id}/disable", body, said)


@router.post("/office/users/{user_id}/enable")
async def enable(visit: StaffDep, form: FormDep, user_id: UUID) -> Response:
    return await _act(visit, form, "POST", f"/api/v1/users/{user_id}/enable", {}, "They may come in again.")


@router.post("/office/users/{user_id}/roles")
async def set_roles(visit: StaffDep, form: FormDep, user_id: UUID) -> Response:
    body = {"roles": [role for role in ROLES if form.get(f"role-{role}")]}
    return await _act(visit, form, "PUT", f"/api/v1/users/{user_id}/roles", body, "Roles are set.")


async def _act(visit: Visit, form: dict[str, str], method: str, path: str, body: Json, said: str) -> Response:
    try:
        await visit.ask(method, path, own=True, body=body)
        visit.say(good=said)
    except Refused as refused:
        visit.say(bad=f"Not done. {refused.told}")
    return visit.go("/office/users", email=form.get("email", ""))
