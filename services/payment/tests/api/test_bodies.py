"""What is refused at the door, before any store is asked: so the twin will do."""

from uuid import UUID, uuid4

import httpx2
import pytest

ADA = UUID("0190a000-0000-7000-8000-000000000001")
METHODS = "/api/v1/payment-methods"


@pytest.fixture
def ground(memory_ground):
    return memory_ground


def slug(answer: httpx2.Response) -> str:
    return answer.json()["type"].removeprefix("urn:mercato:problem:")


@pytest.fixture
def ada(tokens) -> dict[str, str]:
    return tokens.of(ADA)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer stolen"}, {"Authorization": "Basic YTpi"}])
async def test_nobody_without_a_token_gets_anywhere(client, headers, wire) -> None:
    answers = [
        await client.post(METHODS, json={"provider_token": "pm_card_visa"}, headers=headers),
        await client.get(METHODS, headers=headers),
        await client.delete(f"{METHODS}/{uuid4()}", headers=headers),
    ]

    assert [(each.status_code, slug(each)) for each in answers] == [(401, "not_signed_in")] * 3
    assert wire.requests == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "provider_token"),
        ({"provider_token": None}, "provider_token"),
        ({"provider_token": 7}, "provider_token"),
        ({"provider_token": ""}, "provider_token"),
        ({"provider_token": "tok_visa"}, "provider_token"),
        ({"provider_token": "pm_"}, "provider_token"),
        ({"provider_token": "pm_card visa"}, "provider_token"),
        ({"provider_token": "pm_card\u0000"}, "provider_token"),
        ({"provider_token": "pm_../customers"}, "provider_token"),
        ({"provider_token": "pm_" + "x" * 253}, "provider_token"),
        ({"provider_token": "pm_card_visa", "customer": "cus_1"}, "customer"),
    ],
)
async def test_a_body_that_is_wrong_names_its_field_and_asks_nobody(client, ada, wire, body, field) -> None:
    answer = await client.post(METHODS, json=body, headers=ada)

    assert (answer.status_code, slug(answer)) == (422, "invalid_request")
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert wire.requests == []


@pytest.mark.parametrize(
    "number", ["4242424242424242", "pm_4242424242424242", "pm_x5555555555554444", "pm_378282246310005_"]
)
async def test_a_card_number_is_refused_and_not_repeated(client, ada, wire, number) -> None:
    answer = await client.post(METHODS, json={"provider_token": number}, headers=ada)

    assert (answer.status_code, slug(answer)) == (422, "invalid_request")
    assert number.strip("pm_x") not in answer.text
    assert wire.requests == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'"text"', "application/json", 422),
        (b"provider_token=pm_1", "application/x-www-form-urlencoded", 415),
        (b'{"provider_token": "' + b"x" * 1024 * 1024 + b'"}', "application/json", 413),
    ],
)
async def test_what_is_no_such_body_is_refused(client, ada, body, kind, status) -> None:
    answer = await client.post(METHODS, content=body, headers={**ada, "Content-Type": kind})

    assert answer.status_code == status
