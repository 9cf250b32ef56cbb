"""Prices for a neighbour's basket, on the internal port."""

from fastapi import APIRouter

from product_service.api.schemas import QuoteAnswer, QuoteBody, to_offer_view
from product_service.wiring import QuoteDep

router = APIRouter()


@router.post("/internal/quote")
async def quote(body: QuoteBody, ask: QuoteDep) -> QuoteAnswer:
    """What these lines cost now, in their order; what is not for sale is named apart."""
    offers, unavailable = await ask(skus=[each.sku for each in body.lines], currency=body.currency)
    return QuoteAnswer(currency=body.currency, lines=[to_offer_view(each) for each in offers], unavailable=unavailable)
