"""From what staff looks for to a query: only typed values, never a client's dictionary; and who waits for whom."""

from chassis.documents import Document

from order_service.ports import OrderFilter, Place

# A step that stays in the state, such as a customer's wish to cancel, does not make the waiting any shorter.
ENTRIES = {
    "$filter": {
        "input": "$history",
        "cond": {"$and": [{"$eq": ["$$this.after", "$state"]}, {"$ne": ["$$this.before", "$state"]}]},
    }
}
WAITING: list[Document] = [
    {"$match": {"next_action_at": {"$exists": True}}},
    {"$project": {"state": 1, "entered": {"$max": {"$map": {"input": ENTRIES, "in": "$$this.at"}}}}},
    {"$group": {"_id": "$state", "count": {"$sum": 1}, "since": {"$min": "$entered"}}},
]


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
