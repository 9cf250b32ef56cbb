"""Saved cards over HTTP."""

import asyncio
from uuid import UUID, uuid4

import httpx2
import pytest
from simulators.psp import Kind, Operation

ADA = UUID("0190a000-0000-7000-8000-000000000001")
BOB = UUID("0190a000-0000-7000-8000-000000000002")
METHODS = "/api/v1/payment-methods"


def slug(answer: httpx2.Response) -> str:
    return answer.json()["type"].removeprefix("urn:mercato:problem:")


@pytest.fixture
def ada(tokens) -> dict[str, str]:
    return tokens.of(ADA)


async def save(client, headers: dict[str, str], token: str = "pm_card_visa") -> httpx2.Response:
    return await client.post(METHODS, json={"provider_token": token}, headers=headers)


async def listed(client, headers: dict[str, str]) -> list[dict]:
    answer = await client.get(METHODS, headers=headers)
    assert answer.status_code == 200
    return answer.json()["items"]


async def test_a_saved_card_shows_what_its_owner_needs_to_know_it_and_no_more(client, ada) -> None:
    answer = await save(client, ada)

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert {**body, "id": "..."} == {
        "id": "...",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2034,
    }
    assert await listed(client, ada) == [body]


async def test_cards_are_listed_oldest_first_for_their_owner_alone(client, ada, tokens) -> None:
    for token in ("pm_card_visa", "pm_card_mastercard", "pm_card_amex"):
        await save(client, ada, token)
    await save(client, tokens.of(BOB))

    assert [each["last4"] for each in await listed(client, ada)] == ["4242", "4444", "8431"]
    assert len(await listed(client, tokens.of(BOB))) == 1


async def test_a_deleted_card_is_gone_here_and_detached_there(client, ada, wire) -> None:
    method = (await save(client, ada)).json()["id"]

    answer = await client.delete(f"{METHODS}/{method}", headers=ada)

    assert (answer.status_code, answer.content) == (204, b"")
    assert await listed(client, ada) == []
    assert len(wire.sent("/detach")) == 1
    again = await client.delete(f"{METHODS}/{method}", headers=ada)
    assert (again.status_code, slug(again)) == (404, "payment_method_not_found")


async def test_a_card_that_the_provider_does_not_let_go_of_is_gone_here_all_the_same(client, ada, shop, wire) -> None:
    method = (await save(client, ada)).json()["id"]
    shop.misbehave(Kind.ERROR_BEFORE, Operation.ANY)

    answer = await client.delete(f"{METHODS}/{method}", headers=ada)

    assert answer.status_code == 204
    assert await listed(client, ada) == []


async def test_somebody_elses_card_answers_like_a_missing_one(client, ada, tokens) -> None:
    method = (await save(client, ada)).json()["id"]

    foreign = await client.delete(f"{METHODS}/{method}", headers=tokens.of(BOB))
    missing = await client.delete(f"{METHODS}/{uuid4()}", headers=tokens.of(BOB))

    assert foreign.status_code == missing.status_code == 404
    assert {**foreign.json(), "trace": None} == {**missing.json(), "trace": None}
    assert len(await listed(client, ada)) == 1


async def test_an_unknown_parameter_and_a_bad_id_are_named(client, ada) -> None:
    unknown = await client.get(METHODS, params={"user_id": str(BOB)}, headers=ada)
    bad = await client.delete(f"{METHODS}/1", headers=ada)

    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "user_id")
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "method_id")


async def test_a_token_that_the_provider_does_not_know_is_refused_by_field(client, ada) -> None:
    answer = await save(client, ada, "pm_card_unheard_of")

    assert (answer.status_code, slug(answer)) == (422, "payment_token_refused")
    assert answer.json()["errors"][0]["field"] == "provider_token"
    assert await listed(client, ada) == []


async def test_there_is_a_most_of_cards_even_for_many_at_once(client, ada) -> None:
    for _ in range(18):
        assert (await save(client, ada)).status_code == 201

    at_once = await asyncio.gather(*(save(client, ada) for _ in range(4)))

    assert sorted(each.status_code for each in at_once) == [201, 201, 409, 409]
    assert {slug(each) for each in at_once if each.status_code == 409} == {"too_many_payment_methods"}
    assert len(await listed(client, ada)) == 20


@pytest.mark.parametrize("kind", [Kind.ERROR_BEFORE, Kind.LOCK_TIMEOUT, Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER])
async def test_a_provider_that_is_away_is_503_and_nothing_is_saved(client, ada, shop, kind) -> None:
    shop.misbehave(kind, Operation.ANY)

    away = await save(client, ada)

    assert (away.status_code, slug(away), away.headers["retry-after"]) == (503, "unavailable", "1")
    assert await listed(client, ada) == []
    assert (await save(client, ada)).status_code == 201


async def test_a_failure_that_the_provider_repeats_locks_nobody_out(client, ada, shop, wire) -> None:
    shop.misbehave(Kind.ERROR_AFTER, Operation.ANY)
    assert (await save(client, ada)).status_code == 503

    again = await save(client, ada)

    assert again.status_code == 201
    first, second, third = wire.sent("/customers")
    assert first == second == f"{ADA}:customer:0"
    assert third != first


async def test_two_first_cards_at_once_make_one_customer(client, ada, wire) -> None:
    answers = await asyncio.gather(save(client, ada), save(client, ada, "pm_card_amex"))

    # The provider tells the second to come again while the first is under way.
    assert {each.status_code for each in answers} <= {201, 503}
    assert set(wire.sent("/customers")) == {f"{ADA}:customer:0"}
    owners = {each.content for each in wire.requests if each.url.path.endswith("/attach")}
    assert len(owners) == 1
