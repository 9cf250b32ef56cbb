"""One room a subject; a route looks at what came, asks the shop, and hands over a page."""

from storefront.pages import behind, catalogue, choices, home, office

ROUTERS = (home.router, catalogue.router, choices.router, behind.router, *office.ROUTERS)
