"""The list of what somebody was told."""

from uuid import UUID

import pytest

from .conftest import ADA, BOB, Door

PATH = "/api/v1/notifications"


async def test_somebody_sees_what_they_were_told_newest_first(door: Door) -> None:
    ada = door.people.token(ADA)
    for number in ("M-1", "M-2", "M-3"):
        await door.tell(ADA, number)

    page = (await door.get(PATH, ada)).json()

    assert [(each["id"], each["facts"]["number"]) for each in page["items"]] == [(3, "M-3"), (2, "M-2"), (1, "M-1")]
    assert page["items"][0] == {
        "id": 3,
        "kind": "order_cancelled",
        "at": "2026-11-01T00:00:00Z",
        "order_id": str(UUID(int=9)),
        "facts": {"number": "M-3", "reason": "CUSTOMER", "total": 100, "refunded": 0, "currency": "EUR"},
    }
    assert (page["unread"], page["read"], page["newest"], page["next_cursor"]) == (3, 0, 3, None)


async def test_the_list_goes_on_where_the_page_ended_whatever_came_since(door: Door) -> None:
    ada = door.people.token(ADA)
    for n in range(5):
        await door.tell(ADA, f"M-{n}")

    first = (await door.get(PATH, ada, params={"limit": 2})).json()
    await door.tell(ADA, "later")
    second = (await door.get(PATH, ada, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    third = (await door.get(PATH, ada, params={"limit": 2, "cursor": second["next_cursor"]})).json()

    assert [[each["id"] for each in page["items"]] for page in (first, second, third)] == [[5, 4], [3, 2], [1]]
    assert third["next_cursor"] is None


async def test_what_was_read_is_not_counted_and_never_becomes_unread(door: Door) -> None:
    ada = door.people.token(ADA)
    for _ in range(3):
        await door.tell(ADA)

    assert (await door.post(f"{PATH}/read", ada, {"up_to": 2})).status_code == 204
    assert (await door.post(f"{PATH}/read", ada, {"up_to": 1})).status_code == 204

    page = (await door.get(PATH, ada)).json()
    assert (page["unread"], page["read"]) == (1, 2)


async def test_a_step_of_an_order_is_for_those_who_watch_and_stands_in_no_list(door: Door) -> None:
    ada = door.people.token(ADA)
    await door.tell(ADA, kind="order_progressed")
    await door.tell(ADA, "M-7")

    page = (await door.get(PATH, ada)).json()

    assert [each["facts"]["number"] for each in page["items"]] == ["M-7"]
    assert (page["unread"], page["newest"]) == (1, 2)


async def test_a_feed_is_nobody_elses_business(door: Door) -> None:
    ada, bob = door.people.token(ADA), door.people.token(BOB)
    await door.tell(ADA)

    await door.post(f"{PATH}/read", bob, {"up_to": 1})

    assert (await door.get(PATH, bob)).json() == {
        "items": [],
        "next_cursor": None,
        "unread": 0,
        "read": 0,
        "newest": 0,
    }
    assert (await door.get(PATH, ada)).json()["unread"] == 1


async def test_nobody_gets_in_without_a_token(door: Door) -> None:
    assert (await door.client.get(PATH)).status_code == 401
    assert (await door.client.post(f"{PATH}/read", json={"up_to": 1})).status_code == 401
    assert (await door.client.get(f"{PATH}/stream")).status_code == 401


@pytest.mark.parametrize("body", [{"up_to": -1}, {"up_to": "1"}, {"up_to": 2**63}, {"up_to": True}, {}, {"seq": 1}])
async def test_a_number_that_is_none_is_refused(door: Door, body: object) -> None:
    answer = await door.post(f"{PATH}/read", door.people.token(ADA), body)

    assert answer.status_code == 422


async def test_a_cursor_of_another_list_is_refused(door: Door) -> None:
    answer = await door.get(PATH, door.people.token(ADA), params={"cursor": "WyJvcmRlcnMiLDFd"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:mercato:problem:invalid_cursor")
