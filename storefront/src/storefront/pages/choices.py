"""What a visitor may choose for every page: light or dark, and whether to be told what happens behind it."""

from fastapi import APIRouter
from starlette.responses import Response

from storefront.doorway import FormDep, VisitDep
from storefront.visit import way_back

router = APIRouter()


@router.post("/choices/theme")
async def choose_theme(visit: VisitDep, form: FormDep) -> Response:
    if form.get("theme") in {"light", "dark"}:
        visit.remember("theme", form["theme"])
    else:
        visit.forget("theme")
    return visit.go(way_back(form.get("next"), otherwise="/"))


@router.post("/choices/learning")
async def choose_learning(visit: VisitDep, form: FormDep) -> Response:
    if form.get("learning") == "on":
        visit.remember("learning", "on")
    else:
        visit.forget("learning")
    return visit.go(way_back(form.get("next"), otherwise="/"))
