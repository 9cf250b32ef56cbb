"""The figures of a period as one aggregation: the index by `placed_at` finds the orders, one pass counts them."""

from chassis.documents import Document

from order_service.domain.figures import BEST, Figures, Period, Revenue, Seller, Slot
from order_service.domain.saga_table import Trigger
from order_service.domain.states import State

GOODS: Document = {"$map": {"input": "$lines", "in": {"$multiply": ["$$this.quantity", "$$this.unit_price"]}}}
TOTAL: Document = {"$subtract": [{"$add": [{"$sum": GOODS}, "$shipping", "$tax"]}, "$discount"]}


def to_pipeline(period: Period, *, currency: str) -> list[Document]:
    paid = {"$in": [Trigger.CAPTURED.value, "$history.trigger"]}
    counted: Document = {
        "state": 1,
        "currency": 1,
        "placed_at": 1,
        "refunded": 1,
        "lines": 1,
        "paid": paid,
        "captured": {"$cond": [paid, TOTAL, 0]},
    }
    ours = {"$cond": [{"$eq": ["$currency", currency]}, "$captured", 0]}
    return [
        {"$match": {"placed_at": {"$gte": period.start, "$lt": period.end}}},
        {"$project": counted},
        {
            "$facet": {
                "states": [{"$group": {"_id": "$state", "orders": {"$sum": 1}}}],
                "revenue": [
                    {"$match": {"paid": True}},
                    {
                        "$group": {
                            "_id": "$currency",
                            "captured": {"$sum": "$captured"},
                            "refunded": {"$sum": "$refunded"},
                        }
                    },
                ],
                "slots": [
                    {
                        "$group": {
                            "_id": {"$dateTrunc": {"date": "$placed_at", "unit": period.step}},
                            "orders": {"$sum": 1},
                            "captured": {"$sum": ours},
                        }
                    }
                ],
                "best": _best_sellers(),
            }
        },
    ]


def _best_sellers() -> list[Document]:
    latest: Document = {"$top": {"sortBy": {"placed_at": -1, "_id": -1}, "output": "$lines.name"}}
    return [
        {"$match": {"paid": True}},
        {"$unwind": "$lines"},
        {"$group": {"_id": "$lines.sku", "name": latest, "quantity": {"$sum": "$lines.quantity"}}},
        {"$sort": {"quantity": -1, "_id": 1}},
        {"$limit": BEST},
    ]


def to_figures(found: Document) -> Figures:
    return Figures(
        by_state={State(each["_id"]): each["orders"] for each in found["states"]},
        revenue={each["_id"]: Revenue(each["captured"], each["refunded"]) for each in found["revenue"]},
        slots={each["_id"]: Slot(each["orders"], each["captured"]) for each in found["slots"]},
        best=[Seller(each["_id"], each["name"], each["quantity"]) for each in found["best"]],
    )
