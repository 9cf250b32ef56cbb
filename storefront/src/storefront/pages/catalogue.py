"""Rooms, search, and things: everything that can be looked at before it is bought."""

import asyncio
from collections import Counter
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from storefront.api import Away, Json, Refused
from storefront.doorway import VisitDep
from storefront.pages.filters import Chosen
from storefront.pages.rooms import Rooms, rooms_of
from storefront.visit import Visit

router = APIRouter()
LISTED = 24
BESIDE = 4
SUGGESTED = 6
ROOMS_SUGGESTED = 3
BRANDS_FROM = 100
"""Brands to choose from are those of so many products; when there are more, nobody knows how many each has."""


@router.get("/categories/{slug}")
async def see_room(slug: str, visit: VisitDep) -> Response:
    """What is in a category and its subcategories."""
    rooms = await rooms_of(visit)
    room = rooms.find(slug)
    if room is None:
        raise HTTPException(404) if rooms else Away("/api/v1/categories", "not kept")
    chosen = Chosen.of(visit.request.query_params)
    title = {"heading": room["name"], "text": room["description"], "crumbs": rooms.way(slug)[:-1]}
    return await _list(visit, chosen, rooms, room=slug, **title)


@router.get("/search")
async def search(visit: VisitDep) -> Response:
    """The whole shop, or what was looked for in it."""
    chosen, rooms = Chosen.of(visit.request.query_params), await rooms_of(visit)
    return await _list(visit, chosen, rooms, heading=_heading(chosen), text="", crumbs=[])


@router.get("/search/suggestions")
async def suggest(visit: VisitDep) -> Response:
    """What somebody who has begun to type may mean: a piece of HTML for the list under the field."""
    q = Chosen.of(visit.request.query_params).q
    if not q:
        return visit.page("parts/suggestions.html", public=True, q="", rooms=[], products=[])
    rooms, found = await asyncio.gather(rooms_of(visit), _found(visit, Chosen(q=q), limit=SUGGESTED))
    return visit.page(
        "parts/suggestions.html", public=True, q=q, rooms=rooms.named(q)[:ROOMS_SUGGESTED], products=found["items"]
    )


@router.get("/products/{slug}")
async def see_product(slug: str, visit: VisitDep) -> Response:
    """One product, and what lies beside it."""
    product, rooms = await asyncio.gather(visit.look(f"/api/v1/products/{slug}"), rooms_of(visit))
    department = rooms.department(product["category"])
    beside = await _beside(visit, product, room=department or product["category"])
    chosen = _variant(product["variants"], visit.request.query_params.get("variant"))
    return visit.page(
        "product.html",
        public=True,
        product=product,
        chosen=chosen,
        beside=beside,
        crumbs=rooms.way(product["category"]),
        streets=rooms.departments,
        street=department,
        described=_described(product),
    )


async def _list(visit: Visit, chosen: Chosen, rooms: Rooms, *, room: str = "", **title: Any) -> Response:
    try:
        found, brands = await asyncio.gather(
            _found(visit, chosen, room=room, limit=LISTED), _brands(visit, chosen, room=room)
        )
    except Refused:
        if not chosen.after:
            raise
        return visit.go(visit.request.url.path + chosen.query())  # a place in a list that is not there any more
    return visit.page(
        "list.html",
        status=422 if chosen.wrong else 200,
        public=not chosen.wrong,
        chosen=chosen,
        chips=chosen.chips(room_name=(rooms.find(chosen.room) or {"name": ""})["name"]),
        brands=brands,
        products=found["items"],
        more=found.get("next_cursor"),
        path=visit.request.url.path,
        inside=rooms.inside(room) if room else [],
        departments=rooms.departments,
        streets=rooms.departments,
        street=rooms.department(room),
        **title,
    )


async def _found(visit: Visit, chosen: Chosen, *, limit: int, room: str = "") -> Json:
    return await visit.look("/api/v1/products", **chosen.asked(room=room), limit=str(limit))


async def _brands(visit: Visit, chosen: Chosen, *, room: str) -> list[tuple[str, int | None]]:
    """To choose from, by name, with how many products each has where that is known."""
    everything = Chosen(q=chosen.q, room=chosen.room)
    try:
        found = await visit.read("/api/v1/products", **everything.asked(room=room), limit=str(BRANDS_FROM))
    except Away:
        found = Json(items=[])
    counted = Counter(each["brand"] for each in found["items"])
    if chosen.brand and chosen.brand.casefold() not in {each.casefold() for each in counted}:
        counted[chosen.brand] = 0
    return [(name, None if found.get("next_cursor") else counted[name]) for name in sorted(counted, key=str.casefold)]


async def _beside(visit: Visit, product: Json, *, room: str) -> list[Json]:
    try:
        found = await visit.look("/api/v1/products", category=room, sort="popular", limit=str(BESIDE + 1))
    except Away:
        return []
    return [each for each in found["items"] if each["slug"] != product["slug"]][:BESIDE]


def _variant(variants: list[Json], asked: str | None) -> Json:
    """The one that was asked for, else the first that can be had, else the first."""
    by_wish = sorted(variants, key=lambda each: (each["sku"] != asked, not each["available"]))
    return by_wish[0]


def _heading(chosen: Chosen) -> str:
    if chosen.q:
        return f"“{chosen.q}”"
    if chosen.brand:
        return chosen.brand
    return {"newest": "Just arrived", "popular": "Taken home most"}.get(chosen.sort, "The whole shop")


def _described(product: Json) -> Json:
    """For machines that read shops: schema.org."""
    offers = [
        {
            "@type": "Offer",
            "sku": each["sku"],
            "price": f"{each['price']['amount'] / 100:.2f}",
            "priceCurrency": each["price"]["currency"],
            "availability": f"https://schema.org/{'InStock' if each['available'] else 'OutOfStock'}",
        }
        for each in product["variants"]
    ]
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product["name"],
        "description": product["description"],
        "image": product["picture"],
        "brand": {"@type": "Brand", "name": product["brand"]},
        "offers": offers,
    }
