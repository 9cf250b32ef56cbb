"""What belongs to whoever is signed in."""

from storefront.pages.account import addresses, cards, messages, overview, security

ROUTERS = (overview.router, addresses.router, security.router, messages.router, cards.router)
