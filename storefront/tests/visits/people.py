"""Ada, as the shop knows her, and how she comes in."""

from typing import Any

import httpx2

from .conftest import Shop

EMAIL = "ada@example.org"
PASSWORD = "four otters under a bridge"
ACCESS, REFRESH = "access-token-of-ada", "refresh-token-of-ada"
CART = {"id": "ada.cart", "currency": "EUR", "lines": [], "subtotal": 0, "fresh": True}
ME = {
    "id": "0190a000-0000-7000-8000-000000000001",
    "email": EMAIL,
    "name": "Ada",
    "locale": "en",
    "phone": None,
    "roles": ["customer"],
    "verified": True,
    "created_at": "2026-11-29T08:00:00Z",
}


def grant(*, access: str = ACCESS, refresh: str = REFRESH, lives: int = 300, **who: Any) -> dict[str, Any]:
    """What the shop answers to a sign-in; with `lives=0` the token has to be renewed before it is used."""
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": lives,
        "refresh_token": refresh,
        "user": ME | who,
    }


def problem(slug: str, detail: str = "No.", **facts: Any) -> dict[str, Any]:
    return {"type": f"urn:mercato:problem:{slug}", "detail": detail, **facts}


async def sign_in(shop: Shop, visitor: httpx2.AsyncClient, *, door: str = "/sign-in", **granted: Any) -> None:
    shop.tells("/api/v1/sessions", grant(**granted), method="POST", status=201)
    shop.tells("/api/v1/cart", CART)
    answer = await visitor.post(door, data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 303, answer.text


async def token(visitor: httpx2.AsyncClient) -> str:
    """What Ada's forms carry, read off a page as a browser would."""
    page = (await visitor.get("/account/security/password")).text
    return page.partition('name="_token" value="')[2].partition('"')[0]


def bearer(request: httpx2.Request) -> str:
    return request.headers.get("authorization", "")
