"""What goes over HTTP. Amounts are integer minor units of `currency`, net of tax where not said otherwise."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from chassis.schemas import RequestBody, ResponseBody, ShortText, Written
from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from order_service.domain.address import Address
from order_service.domain.cart import MAX_QUANTITY
from order_service.domain.hosted import MAX_URL
from order_service.domain.order import Order
from order_service.domain.shipping import ShippingMethod
from order_service.use_cases.cart_lines import SeenCart

Currency = Literal["EUR", "USD", "GBP", "JPY"]
CartId = Annotated[str, Written, StringConstraints(min_length=1, max_length=100)]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{3,32}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
# No space at either end: it would be trimmed, and what is left might be too short.
AddressPhone = Annotated[str, StringConstraints(pattern=r"^(\+ ?)?[0-9()/-][0-9 ()/-]{3,28}[0-9()/-]$")]
MethodCode = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,32}$")]
ReturnUrl = Annotated[str, StringConstraints(max_length=MAX_URL, pattern=r"^https?://[!-~]+$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NewCart(RequestBody):
    currency: Currency = "EUR"


class CartMerge(RequestBody):
    cart_id: CartId = Field(description="The anonymous cart.")


class Quantity(RequestBody):
    quantity: int = Field(ge=1, le=MAX_QUANTITY, strict=True)


class QuoteRequest(RequestBody):
    cart_id: CartId
    country: Country
    shipping_method: MethodCode


class AddressBody(RequestBody):
    name: ShortText
    line1: ShortText
    line2: ShortText | None = None
    city: ShortText
    postal_code: Annotated[ShortText, StringConstraints(max_length=16)]
    country: Country
    phone: AddressPhone | None = None

    def to_address(self) -> Address:
        return Address(**self.model_dump())


def never_null(schema: JsonDict) -> None:
    """For a field that may be left out: in the document, too, null is not a way of leaving it out."""
    choices = schema.pop("anyOf")
    schema.pop("default")
    assert isinstance(choices, list)
    for choice in choices:
        if isinstance(choice, dict) and choice != {"type": "null"}:
            schema.update(choice)


class HostedPage(RequestBody):
    return_url: ReturnUrl = Field(description="A page of this shop, where the provider sends the customer afterwards.")


class PaymentBody(RequestBody):
    """A saved method, or the provider's page: exactly one of the two."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["method_id"]}, {"required": ["hosted"]}]})

    method_id: UUID | None = Field(
        default=None, description="A saved payment method of the caller.", json_schema_extra=never_null
    )
    hosted: HostedPage | None = Field(
        default=None, description="Pay on the provider's page.", json_schema_extra=never_null
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.method_id, self.hosted].count(None) != 1 or len(self.model_fields_set) != 1:
            raise ValueError("exactly one of method_id and hosted")
        return self

    @property
    def return_url(self) -> str | None:
        return self.hosted.return_url if self.hosted is not None else None


class CheckoutBody(RequestBody):
    cart_id: CartId
    address: AddressBody
    shipping_method: MethodCode
    payment: PaymentBody
    quote_hash: Hash = Field(description="Of the quote that the customer agreed to.")


class Nothing(RequestBody):
    """An empty object."""


class CartLineView(ResponseBody):
    sku: str
    name: str
    options: dict[str, str]
    product_slug: str
    picture: str
    quantity: int
    unit_price: int
    total: int
    available: int | None = Field(description="0 when it is not for sale any more; null when that is not known now.")
    previous_unit_price: int | None = Field(description="What it cost when it was put in, if that was different.")


class CartView(ResponseBody):
    id: str
    currency: str
    lines: list[CartLineView]
    subtotal: int
    fresh: bool = Field(description="False: prices are those last seen, because today's are not known now.")

    @classmethod
    def from_seen(cls, seen: SeenCart, *, signed_id: str) -> Self:
        lines: list[CartLineView] = []
        for line in seen.cart.lines:
            offer = seen.offers.get(line.sku) if seen.offers is not None else None
            price = offer.unit_price if offer is not None else line.seen_price
            gone = 0 if seen.offers is not None else None
            lines.append(
                CartLineView(
                    sku=line.sku,
                    name=line.name,
                    options=dict(line.options),
                    product_slug=line.product_slug,
                    picture=line.picture,
                    quantity=line.quantity,
                    unit_price=price,
                    total=price * line.quantity,
                    available=offer.available if offer is not None else gone,
                    previous_unit_price=line.seen_price if price != line.seen_price else None,
                )
            )
        return cls(
            id=signed_id,
            currency=seen.cart.currency,
            lines=lines,
            subtotal=sum(line.total for line in lines),
            fresh=seen.offers is not None,
        )


class ShippingMethodView(ResponseBody):
    code: str
    name: str
    price: int
    min_days: int
    max_days: int

    @classmethod
    def from_method(cls, method: ShippingMethod, currency: str) -> Self:
        return cls(
            code=method.code,
            name=method.name,
            price=method.prices[currency],
            min_days=method.min_days,
            max_days=method.max_days,
        )


class ShippingMethodList(ResponseBody):
    items: list[ShippingMethodView]


class QuoteLineView(ResponseBody):
    sku: str
    name: str
    quantity: int
    unit_price: int
    total: int
    tax: int


class QuoteView(ResponseBody):
    quote_hash: str
    currency: str
    country: str
    shipping_method: str
    lines: list[QuoteLineView]
    subtotal: int
    shipping: int
    tax: int
    discount: int
    total: int


class OrderLineView(ResponseBody):
    sku: str
    name: str
    quantity: int
    unit_price: int
    total: int


class AddressView(ResponseBody):
    name: str
    line1: str
    line2: str | None
    city: str
    postal_code: str
    country: str
    phone: str | None


class ShipmentView(ResponseBody):
    carrier: str
    tracking: str
    at: datetime

    @classmethod
    def from_order(cls, order: Order) -> Self | None:
        parcel = order.shipment
        return cls(carrier=parcel.carrier, tracking=parcel.tracking, at=parcel.at) if parcel is not None else None


class StepView(ResponseBody):
    state: str
    at: datetime


class OrderView(ResponseBody):
    id: UUID
    number: str
    state: str
    cancel_reason: str | None
    cancel_requested: bool
    placed_at: datetime
    currency: str
    lines: list[OrderLineView]
    subtotal: int
    shipping: int
    tax: int
    discount: int
    total: int
    refunded: int
    payment_url: str | None = Field(description="Where to pay, while the order is AWAITING_CUSTOMER.")
    shipment: ShipmentView | None
    address: AddressView
    shipping_method: str
    history: list[StepView] = Field(description="Each state once, as it was entered.")

    @classmethod
    def from_order(cls, order: Order) -> Self:
        return cls(
            id=order.id,
            number=order.number,
            state=order.state,
            cancel_reason=order.cancel_reason,
            cancel_requested=order.cancel_requested,
            placed_at=order.placed_at,
            currency=order.currency,
            lines=[
                OrderLineView(
                    sku=line.sku,
                    name=line.name,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    total=line.total,
                )
                for line in order.lines
            ],
            subtotal=order.subtotal,
            shipping=order.shipping,
            tax=order.tax,
            discount=order.discount,
            total=order.total,
            refunded=order.refunded,
            payment_url=order.payment_url,
            shipment=ShipmentView.from_order(order),
            address=AddressView(
                name=order.address.name,
                line1=order.address.line1,
                line2=order.address.line2,
                city=order.address.city,
                postal_code=order.address.postal_code,
                country=order.address.country,
                phone=order.address.phone,
            ),
            shipping_method=order.shipping_method,
            history=[StepView(state=each.after, at=each.at) for each in order.history if each.after != each.before],
        )
