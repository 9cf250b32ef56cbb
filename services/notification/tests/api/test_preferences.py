"""What one wants to be told, over HTTP."""

import pytest

from .conftest import ADA, BOB, Door

PATH = "/api/v1/notification-preferences"


async def choose(door: Door, token: str, *items: object) -> object:
    return await door.client.put(PATH, headers={"Authorization": f"Bearer {token}"}, json={"items": items})


async def test_everybody_begins_with_what_is_usual(door: Door) -> None:
    seen = (await door.get(PATH, door.people.token(ADA))).json()["items"]

    assert [(each["kind"], each["email"], each["sms"], each["must_be_mailed"]) for each in seen] == [
        ("order_confirmed", True, False, True),
        ("order_cancelled", True, False, True),
        ("order_shipped", True, True, False),
        ("order_refunded", True, False, True),
        ("security_alert", True, True, True),
    ]


async def test_what_was_chosen_is_seen_again_and_only_by_whom_it_concerns(door: Door) -> None:
    ada, bob = door.people.token(ADA), door.people.token(BOB)

    chosen = await choose(door, ada, {"kind": "order_shipped", "email": False, "sms": False})

    assert chosen.status_code == 200
    assert chosen.json() == (await door.get(PATH, ada)).json()
    assert chosen.json()["items"][2] == {"kind": "order_shipped", "email": False, "sms": False, "must_be_mailed": False}
    assert (await door.get(PATH, bob)).json()["items"][2]["sms"] is True


async def test_a_mail_about_money_or_safety_cannot_be_switched_off(door: Door) -> None:
    ada = door.people.token(ADA)

    refused = await choose(door, ada, {"kind": "security_alert", "email": False, "sms": False})

    assert (refused.status_code, refused.json()["type"]) == (422, "urn:mercato:problem:must_be_mailed")
    assert refused.json()["kinds"] == ["security_alert"]
    assert (await door.get(PATH, ada)).json()["items"][4]["sms"] is True


SHIPPED = {"kind": "order_shipped", "email": True, "sms": True}


@pytest.mark.parametrize(
    "items",
    [
        [SHIPPED, SHIPPED],
        [{**SHIPPED, "kind": "verify_email"}],
        [{**SHIPPED, "sms": 1}],
        [{**SHIPPED, "pigeon": True}],
        [{"kind": "order_shipped"}],
    ],
)
async def test_what_is_no_choice_is_refused(door: Door, items: list[object]) -> None:
    assert (await choose(door, door.people.token(ADA), *items)).status_code == 422


async def test_nobody_chooses_without_a_token(door: Door) -> None:
    assert (await door.client.get(PATH)).status_code == 401
    assert (await door.client.put(PATH, json={"items": []})).status_code == 401
