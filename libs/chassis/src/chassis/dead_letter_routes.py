"""A service's dead letters over HTTP, for staff: the same two doors in every house."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.broker import DeadLetter, DeadLetters
from chassis.callers import SignedIn
from chassis.dead_letters import outside
from chassis.handing import handed
from chassis.schemas import RequestBody, ResponseBody

MOST_SHOWN, MOST_MOVED = 100, 1000
DeadLettersDep = Annotated[DeadLetters, handed(lambda service: service.dead_letters)]
HowMany = Annotated[int, Query(ge=1, le=MOST_SHOWN, description="How many are shown, the oldest first.")]


class DeadLetterView(ResponseBody):
    """A message that could not be handled. Its values are not shown: they may be about people."""

    id: UUID | None
    type: str | None = Field(description="Such as `ReserveStock.v1`; null when it does not look like one of ours.")
    aggregate_id: UUID | None = Field(description="What it is about: an order, a payment, a person.")
    data_keys: list[str]
    size: int = Field(description="Bytes.")
    reason: str | None = Field(description="The broker's word; `rejected` when we gave it up.")
    died_at: datetime | None
    attempts: int

    @classmethod
    def from_letter(cls, letter: DeadLetter) -> Self:
        seen = outside(letter)
        return cls(
            id=seen.id,
            type=seen.type,
            aggregate_id=seen.aggregate_id,
            data_keys=list(seen.data_keys),
            size=len(letter.body),
            reason=letter.reason,
            died_at=letter.died_at,
            attempts=letter.attempts,
        )


class DeadLetterList(ResponseBody):
    total: int
    items: list[DeadLetterView]


class Redrive(RequestBody):
    limit: int = Field(default=100, ge=1, le=MOST_MOVED, strict=True)


class Redriven(ResponseBody):
    moved: int


def router(service: str) -> APIRouter:
    """For the public port of this service."""
    routes = APIRouter(prefix="/api/v1/staff/dead-letters")

    @routes.get(f"/{service}")
    async def see_dead_letters(_staff: SignedIn, dead: DeadLettersDep, limit: HowMany = 20) -> DeadLetterList:
        """Messages that could not be handled. They stay where they are."""
        total = await dead.dead_letters(service)
        found = await dead.look_at_dead(service, limit=limit)
        return DeadLetterList(total=total, items=[DeadLetterView.from_letter(each) for each in found])

    @routes.post(f"/{service}/redrive")
    async def redrive(body: Redrive, _staff: SignedIn, dead: DeadLettersDep) -> Redriven:
        """Have them handled again. No key is needed: whoever handles a message recognises it when it comes twice."""
        return Redriven(moved=await dead.redrive(service, limit=body.limit))

    return routes
