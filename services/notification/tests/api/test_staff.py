"""Deliveries over HTTP, for staff."""

from uuid import UUID

from .conftest import ADA, BOB, Door

PATH = "/api/v1/staff/deliveries"
ABOUT = {"order_id": str(UUID(int=9))}


async def test_staff_sees_what_was_owed_because_of_an_order(door: Door) -> None:
    await door.tell(ADA)
    staff = door.people.token(BOB, role="support")

    answer = await door.get(PATH, staff, params=ABOUT)

    assert answer.status_code == 200
    [seen] = answer.json()["items"]
    assert (seen["kind"], seen["channel"], seen["user_id"]) == ("order_cancelled", "email", str(ADA))
    assert (seen["state"], seen["attempts"], seen["tried_at"], seen["message_id"]) == (
        "WAITING_FOR_CONTACT",
        0,
        None,
        None,
    )
    assert {"to", "email", "facts"}.isdisjoint(seen)
    assert (await door.get(PATH, staff, params={"order_id": str(UUID(int=8))})).json() == {"items": []}


async def test_deliveries_are_for_staff(door: Door) -> None:
    assert (await door.get(PATH, door.people.token(ADA), params=ABOUT)).status_code == 403
    assert (await door.client.get(PATH, params=ABOUT)).status_code == 401
