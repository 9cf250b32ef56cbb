"""Where a visitor is led after signing in: never to another website."""

import pytest
from storefront.visit import way_back

from .people import sign_in


@pytest.mark.parametrize("asked", ["/", "/cart", "/search?q=mug&sort=newest", "/orders/1#steps", "/caf%C3%A9", "/a//b"])
def test_a_page_of_ours_is_gone_back_to(asked) -> None:
    assert way_back(asked) == asked


@pytest.mark.parametrize(
    "asked",
    [
        None,
        "",
        "cart",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: a=b",
        "/cart\x00",
    ],
)
def test_anything_else_leads_to_the_account(asked) -> None:
    assert way_back(asked) == "/account"


async def test_a_link_to_the_sign_in_leads_nobody_away(shop, visitor) -> None:
    await sign_in(shop, visitor)

    answer = await visitor.get("/sign-in", params={"next": "//evil.example/"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


@pytest.mark.parametrize("asked", ["/cart", "//evil.example", "/officers", "https://evil.example/office"])
async def test_the_offices_door_leads_into_the_office_only(shop, visitor, asked) -> None:
    await sign_in(shop, visitor, door="/office/sign-in", roles=["support"])

    answer = await visitor.get("/office/sign-in", params={"next": asked})

    assert answer.headers["location"] == "/office"
