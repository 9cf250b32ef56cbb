"""Sessions: lost answers, stolen tokens, and leaving."""

from tests.journeys.shop import PASSWORD, Shop


def test_a_lost_answer_to_a_refresh_is_given_again(shop: Shop) -> None:
    ada = shop.customer()

    first = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": ada.refresh})
    again = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": ada.refresh})

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["refresh_token"] == first.json()["refresh_token"]


def test_a_stolen_token_ends_the_session_for_thief_and_owner(shop: Shop) -> None:
    ada = shop.customer()
    stolen = ada.refresh
    second = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": stolen}).json()["refresh_token"]
    third = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": second}).json()["refresh_token"]

    thief = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": stolen})
    owner = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": third})

    assert (thief.status_code, owner.status_code) == (401, 401)
    assert thief.json()["type"] == "urn:mercato:problem:session_ended"
    ada.sign_in()
    assert ada.call("GET", "/api/v1/me").json()["email"] == ada.email


def test_signing_out_ends_the_session(shop: Shop) -> None:
    ada = shop.customer()

    assert ada.call("DELETE", "/api/v1/sessions/current").status_code == 204

    left = shop.call("POST", "/api/v1/sessions/refresh", body={"refresh_token": ada.refresh})
    assert left.status_code == 401


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(shop: Shop) -> None:
    ada = shop.customer()

    wrong = shop.call("POST", "/api/v1/sessions", body={"email": ada.email, "password": PASSWORD + "?"})
    unknown = shop.call("POST", "/api/v1/sessions", body={"email": "nobody@example.org", "password": PASSWORD})

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json()["type"] == unknown.json()["type"] == "urn:mercato:problem:invalid_credentials"


def test_registering_a_known_address_says_nothing_about_it(shop: Shop) -> None:
    ada = shop.customer()
    body = {"email": ada.email, "name": "Somebody", "password": PASSWORD}

    again = shop.call("POST", "/api/v1/users", body=body)
    fresh = shop.call("POST", "/api/v1/users", body={**body, "email": f"new-{ada.email}"})

    assert (again.status_code, again.json()) == (fresh.status_code, fresh.json())


def test_nobody_gets_past_the_door_without_a_token(shop: Shop) -> None:
    for path in ("/api/v1/me", "/api/v1/orders", "/api/v1/cart", "/api/v1/payment-methods"):
        assert shop.call("GET", path).status_code == 401
        assert shop.call("GET", path, token="not.a.token").status_code == 401
