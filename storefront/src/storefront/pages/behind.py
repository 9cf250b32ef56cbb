"""The sources that the lessons name, to read beside the shop."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from storefront.doorway import VisitDep

router = APIRouter()


@router.get("/behind/{file:path}")
async def behind(visit: VisitDep, file: str) -> Response:
    """One file, with the numbers of its lines."""
    text = visit.front.lessons.text(file)
    if text is None:
        raise HTTPException(404)
    return visit.page("behind.html", public=True, file=file, lines=text.splitlines())
