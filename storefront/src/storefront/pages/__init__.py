"""One room a subject; a route looks at what came, asks the shop, and hands over a page."""

from storefront.pages import behind, cart, catalogue, checkout, choices, home, office, orders, review

ROUTERS = (
    home.router,
    catalogue.router,
    cart.router,
    checkout.router,
    review.router,
    orders.router,
    choices.router,
    behind.router,
    *office.ROUTERS,
)
