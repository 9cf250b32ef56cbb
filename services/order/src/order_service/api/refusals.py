"""Every way this service says no, on one page."""

from order_service.domain.address import CardNumberInAddress, UnknownCountry
from order_service.domain.cart import CartAlreadyOrdered, CartEmpty, CartFull, CartNotFound, CurrencyDiffers
from order_service.domain.figures import PeriodNotAcceptable
from order_service.domain.hosted import ReturnUrlNotOurs
from order_service.domain.order import OrderNotFound, OrderOver
from order_service.domain.quote import LinesNotForSale, PriceChanged
from order_service.domain.refund import NotBought, NotShipped, RefundTooMuch
from order_service.domain.refunding import NotRefundable
from order_service.domain.shipping import UnknownShippingMethod
from order_service.use_cases.after_the_sale import NotDeliverable, NotShippable
from order_service.use_cases.checkout_gate import ShopIsFull, TooManyCheckouts

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    CartNotFound: (404, "cart_not_found"),
    CartEmpty: (422, "cart_empty"),
    CartFull: (422, "cart_full"),
    CartAlreadyOrdered: (409, "cart_already_ordered"),
    CurrencyDiffers: (409, "currency_differs"),
    LinesNotForSale: (422, "lines_not_for_sale"),
    PriceChanged: (409, "price_changed"),
    UnknownCountry: (422, "unknown_country"),
    UnknownShippingMethod: (422, "unknown_shipping_method"),
    CardNumberInAddress: (422, "card_number_in_address"),
    PeriodNotAcceptable: (422, "period_not_acceptable"),
    OrderNotFound: (404, "order_not_found"),
    OrderOver: (409, "order_over"),
    NotShippable: (409, "order_not_shippable"),
    NotDeliverable: (409, "order_not_deliverable"),
    NotRefundable: (409, "order_not_refundable"),
    RefundTooMuch: (422, "refund_too_much"),
    NotBought: (422, "not_bought"),
    NotShipped: (409, "goods_not_shipped"),
    ReturnUrlNotOurs: (422, "return_url_not_ours"),
    TooManyCheckouts: (429, "too_many_checkouts"),
    ShopIsFull: (503, "shop_is_full"),
}
