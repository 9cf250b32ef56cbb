"""One room a subject; a route looks at what came, asks the shop, and hands over a page."""

from storefront.pages import (
    account,
    behind,
    cart,
    catalogue,
    checkout,
    choices,
    entrance,
    home,
    office,
    orders,
    review,
)

ROUTERS = (
    home.router,
    catalogue.router,
    cart.router,
    checkout.router,
    review.router,
    orders.router,
    choices.router,
    behind.router,
    *entrance.ROUTERS,
    *account.ROUTERS,
    *office.ROUTERS,
)
