"""From what staff looks for to a query: only typed values, never a client's dictionary."""

from chassis.documents import Document

from order_service.ports import OrderFilter, Place


def to_query(wanted: OrderFilter) -> Document:
    query: Document = {}
    if wanted.state is not None:
        query["state"] = wanted.state.value
    if wanted.user_id is not None:
        query["user_id"] = wanted.user_id
    if wanted.number is not None:
        query["number"] = wanted.number
    if wanted.needs_review is not None:
        query["needs_review"] = wanted.needs_review
    if wanted.due_before is not None:
        query["next_action_at"] = {"$lt": wanted.due_before}
    placed: Document = {}
    if wanted.placed_from is not None:
        placed["$gte"] = wanted.placed_from
    if wanted.placed_to is not None:
        placed["$lt"] = wanted.placed_to
    return {**query, "placed_at": placed} if placed else query


def beyond(place: Place, *, oldest_first: bool) -> list[Document]:
    """Those after this one, in either direction."""
    further = "$gt" if oldest_first else "$lt"
    return [
        {"placed_at": {further: place.placed_at}},
        {"placed_at": place.placed_at, "_id": {further: place.order_id}},
    ]
