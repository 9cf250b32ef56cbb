"""What goes over HTTP."""

import re
from typing import Annotated, Self
from uuid import UUID

from chassis.schemas import RequestBody, ResponseBody
from pydantic import AfterValidator, Field, StringConstraints

from payment_service.ports import Method

CARD_NUMBER = re.compile(r"[0-9]{13,19}")


def _no_card_number(token: str) -> str:
    """So many digits in a row are a card number, which we may not have; a token never has them."""
    if CARD_NUMBER.search(token):
        raise ValueError("this looks like a card number: send the provider's token for it")
    return token


ProviderToken = Annotated[
    str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]+$", max_length=255), AfterValidator(_no_card_number)
]


class NewPaymentMethod(RequestBody):
    provider_token: ProviderToken = Field(description="What the provider gave the browser for the card.")


class PaymentMethodView(ResponseBody):
    id: UUID
    brand: str
    last4: str
    exp_month: int
    exp_year: int

    @classmethod
    def from_method(cls, method: Method) -> Self:
        card = method.card
        return cls(id=method.id, brand=card.brand, last4=card.last4, exp_month=card.exp_month, exp_year=card.exp_year)


class PaymentMethodList(ResponseBody):
    items: list[PaymentMethodView]
