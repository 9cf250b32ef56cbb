"""How the shop is doing, for staff: path, verb, what happens."""

from datetime import UTC, datetime
from typing import Annotated, Self

from chassis.callers import SignedIn
from chassis.problems import refusals
from chassis.schemas import ResponseBody
from fastapi import APIRouter, Query
from pydantic import Field

from order_service.api.refusals import REFUSALS
from order_service.api.schemas import Currency
from order_service.api.staff_schemas import Moment
from order_service.domain.figures import Period, PeriodNotAcceptable, Slot, Step
from order_service.use_cases.see_figures import Dashboard
from order_service.wiring import SeeFiguresDep

router = APIRouter()
Beginning = Annotated[Moment, Query(alias="from", description="Orders placed then or later; between 2000 and 2200.")]
End = Annotated[Moment, Query(description="Orders placed before then, at most 31 days later.")]
InCurrency = Annotated[Currency, Query(description="Of the revenue over time.")]


class RevenueView(ResponseBody):
    """Minor units. What was paid for the orders of the period, and how much of that went back."""

    currency: str
    captured: int
    refunded: int


class SlotView(ResponseBody):
    at: datetime = Field(description="When the hour or day begins, in UTC.")
    orders: int = Field(description="Placed in it, in every currency.")
    captured: int = Field(description="What was paid for those in `currency`, in minor units.")


class SellerView(ResponseBody):
    sku: str
    name: str
    quantity: int = Field(description="Pieces in paid orders.")


class FiguresView(ResponseBody):
    orders: int
    by_state: dict[str, int] = Field(description="How many of them are in which state now.")
    revenue: list[RevenueView]
    currency: str
    step: Step = Field(description="`hour` up to two days, else `day`.")
    slots: list[SlotView] = Field(description="All of the period, in order.")
    best_sellers: list[SellerView] = Field(description="Up to ten, most pieces first.")
    needs_review: int = Field(description="Of all orders, now; `needs_review=true` lists them.")
    overdue: int = Field(description="Of all orders, now; `overdue=true` lists them.")

    @classmethod
    def from_dashboard(cls, seen: Dashboard, period: Period, currency: str) -> Self:
        found = seen.figures
        slots = [(at, found.slots.get(at, Slot(orders=0, captured=0))) for at in period.slots()]
        return cls(
            orders=sum(found.by_state.values()),
            by_state={state.value: count for state, count in sorted(found.by_state.items())},
            revenue=[
                RevenueView(currency=each, captured=revenue.captured, refunded=revenue.refunded)
                for each, revenue in sorted(found.revenue.items())
            ],
            currency=currency,
            step=period.step,
            slots=[SlotView(at=at, orders=each.orders, captured=each.captured) for at, each in slots],
            best_sellers=[SellerView(sku=each.sku, name=each.name, quantity=each.quantity) for each in found.best],
            needs_review=seen.needs_review,
            overdue=seen.overdue,
        )


@router.get("/api/v1/staff/figures", responses=refusals(REFUSALS, PeriodNotAcceptable))
async def see_figures(
    beginning: Beginning, to: End, _staff: SignedIn, see: SeeFiguresDep, currency: InCurrency = "EUR"
) -> FiguresView:
    """What was placed in a period and what became of it, and how many orders somebody should look at."""
    period = Period(beginning.astimezone(UTC), to.astimezone(UTC))
    return FiguresView.from_dashboard(await see(period, currency=currency), period, currency)
