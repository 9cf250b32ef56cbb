"""Payments over HTTP, for staff."""

from uuid import UUID, uuid4

import pytest

ADA, SAM = UUID("0190a000-0000-7000-8000-000000000001"), UUID("0190a000-0000-7000-8000-00000000005a")
ORDER = "0190a000-0000-7000-8000-00000000000f"
PAYMENTS = "/api/v1/staff/payments"


@pytest.fixture
def staff(tokens) -> dict[str, str]:
    return tokens.of(SAM, "support")


async def test_staff_sees_what_became_of_an_orders_money(client, shop, staff) -> None:
    await shop.captured(amount=3558)
    await shop.refund(amount=100)
    await shop.settle_all()

    answer = await client.get(PAYMENTS, params={"order_id": ORDER}, headers=staff)

    assert answer.status_code == 200
    [seen] = answer.json()["items"]
    assert (seen["state"], seen["amount"], seen["captured"], seen["refunded"]) == ("CAPTURED", 3558, 3558, 100)
    assert seen["intent_id"].startswith("pi_")
    assert (seen["hosted"], seen["unknown"], seen["reason"], seen["due_at"]) == (False, False, None, None)
    assert [(each["amount"], each["state"]) for each in seen["refunds"]] == [(100, "DONE")]
    assert [each["kind"] for each in seen["ledger"]] == ["capture", "refund"]
    assert seen["ledger"][0]["postings"][0] == {
        "account": "psp_clearing",
        "side": "debit",
        "amount": 3558,
        "currency": "EUR",
    }


async def test_what_is_kept_for_the_machinery_alone_is_not_shown(client, shop, staff) -> None:
    await shop.captured()

    [seen] = (await client.get(PAYMENTS, params={"order_id": ORDER}, headers=staff)).json()["items"]

    assert {"customer", "method", "page_url", "lease", "key_number"}.isdisjoint(seen)


async def test_an_order_that_never_came_to_paying_has_none(client, staff) -> None:
    answer = await client.get(PAYMENTS, params={"order_id": str(uuid4())}, headers=staff)

    assert (answer.status_code, answer.json()) == (200, {"items": []})


async def test_payments_are_for_staff(client, tokens) -> None:
    assert (await client.get(PAYMENTS, params={"order_id": ORDER})).status_code == 401
    assert (await client.get(PAYMENTS, params={"order_id": ORDER}, headers=tokens.of(ADA))).status_code == 403
