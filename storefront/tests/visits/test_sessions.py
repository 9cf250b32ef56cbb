"""A session's life: renewed on any page, ended elsewhere, too old, and never for the browser to read."""

import asyncio

import httpx2
from chassis.health import Health
from chassis.world import World
from pydantic import SecretStr
from storefront.front import open_front
from storefront.main import create_apps
from storefront.settings import StorefrontSettings

from .conftest import SEAL
from .people import ACCESS, ME, REFRESH, bearer, grant, problem, sign_in, token

RENEW = "/api/v1/sessions/refresh"
WISHES = "/api/v1/notification-preferences"


async def test_a_page_that_asks_twice_renews_its_token_once(shop, visitor) -> None:
    await sign_in(shop, visitor, lives=0)

    async def slowly() -> httpx2.Response:
        await asyncio.sleep(0.01)
        return httpx2.Response(200, json=grant(access="second", refresh="next"))

    shop.answers["POST", RENEW] = lambda _request: slowly()
    shop.tells(WISHES, {"items": []})
    shop.tells("/api/v1/me", ME)
    shop.asked.clear()

    answer = await visitor.get("/account/preferences")

    assert answer.status_code == 200
    [renewed] = shop.asked_at(RENEW)
    assert REFRESH in renewed.content.decode()
    assert {bearer(each) for each in shop.asked if each is not renewed} == {"Bearer second"}
    assert len(shop.asked) == 3


async def test_the_renewed_token_is_what_the_next_page_uses(shop, visitor) -> None:
    await sign_in(shop, visitor, lives=0)
    shop.tells(RENEW, grant(access="second", refresh="next"), method="POST")
    shop.tells("/api/v1/me", ME)
    await visitor.get("/account/profile")
    shop.asked.clear()

    await visitor.get("/account/profile")

    assert [(each.url.path, bearer(each)) for each in shop.asked] == [("/api/v1/me", "Bearer second")]


async def test_a_visitors_forms_stay_good_when_the_token_is_renewed(shop, visitor) -> None:
    await sign_in(shop, visitor, lives=0)
    shop.tells(RENEW, grant(access="second"), method="POST")
    shop.tells("/api/v1/me", ME)
    page = (await visitor.get("/account/profile")).text

    assert f'value="{await token(visitor)}"' in page


async def test_a_token_refused_before_its_time_is_renewed_and_the_page_comes(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells(RENEW, grant(access="second"), method="POST")
    shop.answers["GET", "/api/v1/me"] = lambda request: (
        httpx2.Response(200, json=ME)
        if bearer(request) == "Bearer second"
        else httpx2.Response(401, json=problem("not_signed_in"))
    )

    assert (await visitor.get("/account/profile")).status_code == 200


async def test_a_session_that_ended_elsewhere_leads_to_the_sign_in_and_back(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells("/api/v1/me", problem("session_ended"), status=401)
    shop.tells(RENEW, problem("session_ended"), method="POST", status=401)

    asked = await visitor.get("/account/profile?from=mail")

    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Faccount%2Fprofile%3Ffrom%3Dmail"
    assert "session" not in visitor.cookies
    page = await visitor.get(asked.headers["location"])
    assert '<input type="hidden" name="next" value="/account/profile?from=mail">' in page.text


async def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(shop, visitor) -> None:
    await sign_in(shop, visitor)
    word = await token(visitor)
    shop.tells("/api/v1/me", problem("session_ended"), method="PATCH", status=401)
    shop.tells(RENEW, problem("session_ended"), method="POST", status=401)

    answer = await visitor.post(
        "/account/profile",
        data={"_token": word, "name": "Ada"},
        headers={"referer": "http://shop.test/account/profile"},
    )

    assert answer.headers["location"] == "/sign-in?next=%2Faccount%2Fprofile"
    assert "Your session had ended" in (await visitor.get(answer.headers["location"])).text


async def test_who_cannot_renew_just_now_is_told_so_and_stays_signed_in(shop, visitor) -> None:
    await sign_in(shop, visitor, lives=0)
    shop.away.add(RENEW)

    assert (await visitor.get("/account/profile")).status_code == 503

    assert "session" in visitor.cookies


async def test_a_tampered_cookie_makes_nobody_of_somebody(shop, visitor) -> None:
    await sign_in(shop, visitor)
    sealed = visitor.cookies["session"]
    visitor.cookies.clear()
    visitor.cookies.set("session", sealed[:-9] + "AAAAAAAA=")

    answer = await visitor.get("/account/profile")

    assert answer.headers["location"].startswith("/sign-in?")
    assert shop.asked_at("/api/v1/me") == []


async def test_one_cookie_is_never_taken_for_another(shop, visitor) -> None:
    await sign_in(shop, visitor, roles=["admin"])
    session = visitor.cookies["session"]
    visitor.cookies.clear()
    for name in ("cart", "said", "office-session"):
        visitor.cookies.set(name, session)

    assert (await visitor.get("/sign-in")).status_code == 200
    assert (await visitor.get("/office/sign-in")).status_code == 200


async def test_tokens_are_neither_in_pages_nor_where_a_script_could_read_them(shop, visitor) -> None:
    await sign_in(shop, visitor)
    shop.tells("/api/v1/me", ME)
    shop.tells("/api/v1/me/addresses", {"items": []})
    shop.tells("/api/v1/notifications", {"items": [], "unread": 0, "read": 0, "newest": 0})
    shop.tells("/api/v1/payment-methods", {"items": []})
    for path in ("/account", "/account/profile", "/account/addresses", "/account/security/password"):
        answer = await visitor.get(path)
        everything = answer.text + str(answer.headers)
        assert answer.status_code == 200
        assert ACCESS not in everything
        assert REFRESH not in everything


async def test_cookies_are_for_the_browser_only_and_for_this_site(shop, visitor) -> None:
    shop.tells("/api/v1/sessions", grant(), method="POST", status=201)
    answer = await visitor.post("/sign-in", data={"email": "ada@example.org", "password": "x"})

    cookies = answer.headers.get_list("set-cookie")
    assert any(each.startswith("session=") for each in cookies)
    for each in cookies:
        attributes = {part.strip().lower() for part in each.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)


async def test_with_https_cookies_are_for_this_host_and_https_alone(shop) -> None:
    settings = StorefrontSettings(
        api_url="http://gateway", public_url="https://shop.test", seal_secret=SecretStr(SEAL), max_in_flight=20
    )
    shop.tells("/api/v1/sessions", grant(), method="POST", status=201)
    async with open_front(settings, World(), transport=httpx2.MockTransport(shop)) as front:
        apps = create_apps(front, settings, health=Health(World()))
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(apps.public), base_url="https://shop.test"
        ) as browser:
            answer = await browser.post("/sign-in", data={"email": "ada@example.org", "password": "x"})

    cookies = answer.headers.get_list("set-cookie")
    assert any(each.startswith("__Host-session=") for each in cookies)
    for each in cookies:
        assert each.startswith("__Host-")
        assert "; secure" in each.lower()


async def test_the_longest_name_and_address_still_fit_into_the_cookie(shop, visitor) -> None:
    name = "".join(chr(0x1F300 + each) for each in range(100))
    # Tokens are random, and do not get shorter by being packed.
    access = "".join(World().dice.token() for _ in range(20))

    await sign_in(shop, visitor, access=access[:800], name=name, email=f"{'a' * 64}@{'b' * 180}.example")

    assert len(visitor.cookies["session"]) < 3_800
