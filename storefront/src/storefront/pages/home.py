"""The shop window."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Away, Json
from storefront.doorway import VisitDep
from storefront.pages.rooms import Rooms, rooms_of
from storefront.visit import Visit

router = APIRouter()
IN_FRONT = 3
SHOWN = 8
LOOKED_AT = 100
"""A room is shown by what is most popular in it among so many, and is not shown by this page anyway."""


@router.get("/")
async def home(visit: VisitDep) -> Response:
    """Rooms, what is popular, what is new. What cannot be had now is left out."""
    rooms, known, popular, newest = await asyncio.gather(
        rooms_of(visit),
        _known(visit),
        _items(visit, sort="popular", in_stock="true", limit=str(IN_FRONT + SHOWN)),
        _items(visit, sort="newest", limit=str(SHOWN)),
    )
    whole = bool(rooms and popular and newest)
    front = _from_different_rooms(popular, rooms)
    popular = [each for each in popular if each not in front][:SHOWN]
    shown = {each["slug"] for each in (*front, *popular, *newest)}
    known.sort(key=lambda each: each["slug"] in shown)
    return visit.page(
        "home.html",
        public=whole,
        whole=whole,
        front=front,
        popular=popular,
        newest=newest,
        rooms=[{**each, "product": _sign(each, rooms, known)} for each in rooms.departments],
        streets=rooms.departments,
        street="",
    )


def _from_different_rooms(popular: list[Json], rooms: Rooms) -> list[Json]:
    """The most popular of each department, and of these the first few."""
    by_room: dict[str, Json] = {}
    for each in popular:
        by_room.setdefault(rooms.department(each["category"]), each)
    return list(by_room.values())[:IN_FRONT]


def _sign(room: Json, rooms: Rooms, known: list[Json]) -> Json | None:
    """What a room is shown by, the first that `known` has of it; rooms without anything popular have no picture."""
    return next((each for each in known if rooms.department(each["category"]) == room["slug"]), None)


async def _known(visit: Visit) -> list[Json]:
    try:
        return list((await visit.read("/api/v1/products", sort="popular", limit=str(LOOKED_AT)))["items"])
    except Away:
        return []


async def _items(visit: Visit, **params: str) -> list[Json]:
    try:
        return (await visit.look("/api/v1/products", **params))["items"]
    except Away:
        return []
