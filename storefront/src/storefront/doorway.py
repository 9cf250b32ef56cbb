"""What every page's route may ask for: the visit, and the form that was sent."""

from typing import Annotated

from fastapi import Depends, Request

from storefront.front import Front
from storefront.guarding import FIELD, check_origin, check_token
from storefront.visit import OFFICE, SHOP, Visit

LONGEST_FIELD = 2_000
MOST_FIELDS = 100
AS_TYPED = {"password", "current_password", "new_password"}
"""A blank before a password belongs to it."""
ENTRANCES = {"/sign-in", "/sign-up", "/office/sign-in"}
"""Forms of people who were not known yet: sent once more, they carry no token, and who is known is only led on."""


async def visit_of(request: Request) -> Visit:
    """The visit of this request, made once. Raises guarding.Foreign for a form that is not from a page of ours."""
    if not hasattr(request.state, "visit"):
        front: Front = request.app.state.front
        realm = OFFICE if request.url.path.startswith("/office") else SHOP
        visit = request.state.visit = Visit.of(request, front, realm=realm)
        if request.method == "POST":
            check_origin(request.headers)
            if visit.session is not None and request.url.path not in ENTRANCES:
                check_token((await read_form(request)).get(FIELD), expected=visit.token)
    return request.state.visit


async def read_form(request: Request) -> dict[str, str]:
    """Names and texts, each once and stripped, passwords aside; what is longer than any field of ours is cut."""
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    texts = {name: value[:LONGEST_FIELD] for name, value in form.items() if isinstance(value, str)}
    return {name: value if name in AS_TYPED else value.strip() for name, value in texts.items()}


VisitDep = Annotated[Visit, Depends(visit_of)]
FormDep = Annotated[dict[str, str], Depends(read_form)]
