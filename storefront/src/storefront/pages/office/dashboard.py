"""How the shop is doing today, this week, this month."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from storefront.staff import StaffDep

router = APIRouter()
PERIODS = {
    "today": ("Today", timedelta(days=1)),
    "week": ("Seven days", timedelta(days=7)),
    "month": ("Thirty days", timedelta(days=30)),
}
CURRENCIES = ("EUR", "USD", "GBP", "JPY")


@router.get("/office")
async def dashboard(visit: StaffDep, period: str = "today", currency: str = "EUR") -> Response:
    """The figures of a period that ends now. The day is UTC's, as all times of the shop are."""
    period = period if period in PERIODS else "today"
    currency = currency if currency in CURRENCIES else "EUR"
    now = visit.front.world.clock.now()
    params = {"from": _beginning(now, period).isoformat(), "to": now.isoformat(), "currency": currency}
    figures = await visit.ask("GET", "/api/v1/staff/figures", own=True, params=params)
    latest = await visit.ask("GET", "/api/v1/staff/orders", own=True, params={"limit": 8})
    return visit.page(
        "office/dashboard.html",
        figures=figures,
        latest=latest["items"],
        period=period,
        periods=PERIODS,
        currency=currency,
        currencies=CURRENCIES,
    )


def _beginning(now: datetime, period: str) -> datetime:
    """Of whole hours or days, so that the bars of a chart are whole."""
    if period == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (now - PERIODS[period][1]).replace(hour=0, minute=0, second=0, microsecond=0)
