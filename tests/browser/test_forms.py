"""Every form, with and without scripts: what is wrong is told beside it, what was typed stays, what is sent happens."""

import re
from uuid import uuid4

from tests.browser import buying
from tests.browser.conftest import a_thing
from tests.browser.soundness import is_sound_here
from tests.browser.visitors import Visitor
from tests.journeys.shop import PASSWORD, Customer, Shop

NEW_PASSWORD = "two otters below the old bridge"


def test_signing_up_mail_and_signing_in(visitor: Visitor, shop: Shop) -> None:
    email = f"browser-{uuid4().hex[:12]}@example.org"
    visitor.go("/sign-up")
    visitor.page.get_by_label("What may we call you?").fill("Bea Example")
    visitor.page.get_by_label("E-mail address").fill(email)
    visitor.page.get_by_label("A password of your own").fill("too short")
    visitor.press("Open my account")
    assert visitor.page.locator(".wrong-because").count() == 1
    assert visitor.page.get_by_label("E-mail address").input_value() == email
    assert visitor.page.get_by_label("A password of your own").input_value() == ""
    is_sound_here(visitor, status=422)

    visitor.page.get_by_label("A password of your own").fill(PASSWORD)
    visitor.press("Open my account")
    visitor.page.wait_for_url(re.compile("sign-up/|sent|mail"))
    is_sound_here(visitor)
    link = re.search(r"/verify-email\?token=\S+", shop.mail(email, "confirm your address")["text"])
    assert link is not None
    visitor.go(link[0])
    visitor.press("Yes, this address is mine")
    visitor.page.wait_for_load_state()
    visitor.sign_in(email)

    assert visitor.go("/account").ok


def test_a_wrong_password_and_an_unknown_address_are_told_alike(visitor: Visitor, bea: Customer) -> None:
    told = []
    for email in (bea.email, "nobody@example.org"):
        visitor.go("/sign-in")
        visitor.page.get_by_label("E-mail").fill(email)
        visitor.page.get_by_label("Password", exact=True).fill("certainly not this one")
        visitor.page.locator("main").get_by_role("button", name="Sign in").click()
        visitor.page.locator(".wrong-because, .said.bad").first.wait_for()
        told.append(visitor.page.locator(".wrong-because, .said.bad").all_inner_texts())
        assert visitor.page.get_by_label("E-mail").input_value() == email

    assert told[0] == told[1]


def test_a_forgotten_password_is_replaced_from_the_mail(visitor: Visitor, bea: Customer, shop: Shop) -> None:
    visitor.go("/forgotten-password")
    visitor.page.get_by_label("E-mail").fill(bea.email)
    visitor.page.locator("main").get_by_role("button").click()
    visitor.page.wait_for_load_state()
    text = shop.mail(bea.email, "password")["text"]
    link = re.search(r"/reset-password\?token=\S+", text)
    assert link is not None, text

    visitor.go(link[0])
    visitor.page.get_by_label("Your new password").fill(NEW_PASSWORD)
    visitor.press("Set this password")
    visitor.page.wait_for_load_state()

    visitor.sign_in(bea.email, NEW_PASSWORD)
    assert visitor.go("/account").ok


def test_the_address_book_is_written_changed_and_emptied(at_home: Visitor, bea: Customer) -> None:
    page = at_home.page
    at_home.go("/account/addresses/new")
    page.get_by_label("Street and number").fill("Example Street 1")
    page.get_by_label("Postcode").fill("no postcode at all, certainly")
    page.get_by_label("Town").fill("Berlin")
    page.get_by_label("Telephone").fill("not a number")
    at_home.press("Save")
    page.locator(".wrong-because").first.wait_for()
    assert page.get_by_label("Street and number").input_value() == "Example Street 1"
    is_sound_here(at_home, status=422)

    page.get_by_label("Postcode").fill("10115")
    page.get_by_label("Telephone").fill("")
    at_home.press("Save")
    page.get_by_text("The address is in your book.").wait_for()
    page.get_by_role("link", name=re.compile("^Change")).click()
    page.get_by_label("Town").fill("Potsdam")
    at_home.press("Save")
    page.get_by_text("The address is changed.").wait_for()
    assert [each["city"] for each in bea.call("GET", "/api/v1/me/addresses").json()["items"]] == ["Potsdam"]

    page.get_by_role("button", name=re.compile("^Remove")).click()
    page.get_by_text("The address is removed.").wait_for()
    assert bea.call("GET", "/api/v1/me/addresses").json()["items"] == []


def test_profile_preferences_and_password_are_changed(at_home: Visitor, bea: Customer) -> None:
    page = at_home.page
    at_home.go("/account/profile")
    page.get_by_label("Name", exact=True).fill("Beatrice Example")
    at_home.press("Save")
    page.locator(".said").first.wait_for()
    assert bea.call("GET", "/api/v1/me").json()["name"] == "Beatrice Example"

    at_home.go("/account/preferences")
    wish = page.locator("input[type=checkbox]:not([disabled])").first
    wanted = not wish.is_checked()
    wish.set_checked(wanted)
    at_home.press("Save")
    page.locator(".said").first.wait_for()
    assert page.locator("input[type=checkbox]:not([disabled])").first.is_checked() == wanted

    at_home.go("/account/security/password")
    fields = page.locator("input[type=password]")
    fields.nth(0).fill(PASSWORD)
    fields.nth(1).fill(NEW_PASSWORD)
    page.locator("main form[action*=password] button.first").click()
    page.locator(".said").first.wait_for()
    assert at_home.go("/account").ok


def test_another_device_is_signed_out_from_here(at_home: Visitor, bea: Customer) -> None:
    assert bea.call("GET", "/api/v1/me").status_code == 200
    at_home.go("/account/security")

    at_home.press("Sign out everywhere else")
    at_home.page.wait_for_load_state()

    assert bea.call("GET", "/api/v1/me").status_code == 401
    assert at_home.go("/account").ok


def test_the_cart_is_changed_and_emptied(visitor: Visitor, shop: Shop) -> None:
    page = visitor.page
    buying.put_in(visitor, a_thing(shop))
    page.get_by_label(re.compile("^How many of")).fill("3")
    page.get_by_label(re.compile("^How many of")).press("Enter")
    page.get_by_text("€ 45.00").first.wait_for()

    page.get_by_role("button", name=re.compile("^Take out")).click()

    page.get_by_text("There is nothing in it yet.").wait_for()
    is_sound_here(visitor)


def test_each_step_of_a_checkout_is_sound_and_keeps_what_was_typed(at_home: Visitor, shop: Shop) -> None:
    page = at_home.page
    buying.put_in(at_home, a_thing(shop))
    page.get_by_role("link", name="Go to checkout").click()
    page.wait_for_url("**/checkout/address")
    page.get_by_label("Street and number").fill("Example Street 1")
    page.get_by_label("Postal code").fill("10115")
    page.get_by_label("Town").fill("Berlin")
    page.get_by_label("Phone, for the carrier").fill("no number")
    at_home.press("Go on to delivery")
    page.locator(".wrong-because").first.wait_for()
    assert page.get_by_label("Town").input_value() == "Berlin"
    is_sound_here(at_home, status=422)

    page.get_by_label("Phone, for the carrier").fill("")
    at_home.press("Go on to delivery")
    page.wait_for_url("**/checkout/shipping")
    is_sound_here(at_home)
    page.get_by_role("radio").first.check()
    at_home.press("Go on to payment")
    page.wait_for_url("**/checkout/payment")
    is_sound_here(at_home)
    page.get_by_role("radio", name=re.compile("On the payment page")).check()
    at_home.press("Go on to the last look")
    page.wait_for_url("**/checkout/review")
    is_sound_here(at_home)


def test_filters_of_a_list_are_chosen_and_dropped(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/search?q=mug")
    all_of_them = page.locator(".good").count()
    page.get_by_label(re.compile("Price from|From")).first.fill("15")
    page.locator("main form").filter(has=page.get_by_label(re.compile("Price from|From"))).get_by_role(
        "button"
    ).first.click()
    page.wait_for_url(re.compile("min_price|price"))
    assert 0 < page.locator(".good").count() <= all_of_them
    is_sound_here(visitor)


def test_light_and_the_learning_mode_are_chosen_for_all_pages(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.press("Night")
    visitor.page.wait_for_load_state()
    assert visitor.page.locator("html").get_attribute("data-theme") == "dark"
    visitor.press("Show how it works")
    visitor.page.get_by_role("heading", name="What was asked for it").wait_for()

    visitor.go("/search?q=mug")
    assert visitor.page.get_by_role("heading", name="What was asked for it").is_visible()
    visitor.press("Hide")
    visitor.page.wait_for_load_state()
    assert visitor.page.get_by_role("heading", name="What was asked for it").count() == 0
