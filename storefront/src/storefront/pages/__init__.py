"""One room a subject; a route looks at what came, asks the shop, and hands over a page."""

from storefront.pages import behind, choices, home

ROUTERS = (home.router, choices.router, behind.router)
