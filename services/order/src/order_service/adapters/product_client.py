"""The product service, asked for prices."""

from collections.abc import Mapping

from chassis.faults import Unreachable
from chassis.http import ServiceClient
from pydantic import BaseModel, ValidationError

from order_service.domain.quote import Offer


class _Line(BaseModel):
    sku: str
    product_slug: str
    name: str
    options: dict[str, str]
    picture: str
    unit_price: int
    available: int


class _Answer(BaseModel):
    lines: list[_Line]


class ProductClient:
    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def offers(self, lines: Mapping[str, int], *, currency: str) -> Mapping[str, Offer]:
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()]
        answer = await self._client.post("/internal/quote", {"currency": currency, "lines": wanted})
        if answer.status_code != 200:
            raise Unreachable("product", f"status {answer.status_code}")
        try:
            found = _Answer.model_validate_json(answer.content)
        except ValidationError as fault:
            raise Unreachable("product", "an answer that is none") from fault
        return {each.sku: Offer(**each.model_dump()) for each in found.lines}
