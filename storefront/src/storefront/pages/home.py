"""The shop window."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Away
from storefront.doorway import VisitDep
from storefront.visit import Visit

router = APIRouter()
SHOWN = 8


@router.get("/")
async def home(visit: VisitDep) -> Response:
    """Categories, what is popular, what is new. What cannot be had now is left out."""
    categories, popular, newest = await asyncio.gather(
        _items(visit, "/api/v1/categories"),
        _items(visit, "/api/v1/products", sort="popular", in_stock="true", limit=SHOWN),
        _items(visit, "/api/v1/products", sort="newest", limit=SHOWN),
    )
    whole = bool(categories and popular and newest)
    return visit.page("home.html", public=whole, categories=categories, popular=popular, newest=newest, whole=whole)


async def _items(visit: Visit, path: str, **params: object) -> list[dict[str, object]]:
    try:
        return (await visit.ask("GET", path, params=params))["items"]
    except Away:
        return []
