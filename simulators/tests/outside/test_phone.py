"""The telephone company on a real socket: Twilio's words, the faults, and what it says afterwards."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from simulators.phone import Kind, PhoneCatcher, PhoneFault

TO = "+491711234567"
MESSAGES = "/2010-04-01/Accounts/AC1/Messages.json"


@pytest.fixture
def phone() -> PhoneCatcher:
    return PhoneCatcher(account="AC1", token="t0k")


@pytest.fixture
async def client(phone: PhoneCatcher, serve) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=await serve(phone.app), auth=("AC1", "t0k"), timeout=5) as one:
        yield one


async def send(client: httpx2.AsyncClient, to: str = TO, body: str = "Grüße", **more: str) -> httpx2.Response:
    return await client.post(MESSAGES, data={"To": to, "From": "Mercato", "Body": body, **more})


async def test_a_message_is_taken_listed_and_found_again(client: httpx2.AsyncClient, phone: PhoneCatcher) -> None:
    created = await send(client)
    await send(client, to="+491719999999")

    assert created.status_code == 201
    message = created.json()
    assert message["sid"].startswith("SM")
    assert (message["to"], message["from"], message["body"]) == (TO, "Mercato", "Grüße")
    assert message["status"] == "queued"
    assert (await client.get(message["uri"])).json() == message
    listed = (await client.get(MESSAGES)).json()["messages"]
    assert [each["to"] for each in listed] == ["+491719999999", TO]
    assert (await client.get(MESSAGES, params={"To": TO})).json()["messages"] == [message]
    assert [each.body for each in phone.texts(TO)] == ["Grüße"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"To": "12345"}, 21211),
        ({"To": "+49x"}, 21211),
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
    ],
)
async def test_what_is_no_message_is_refused_by_its_number(client: httpx2.AsyncClient, phone, wrong, code) -> None:
    refused = await send(client, **wrong)

    assert (refused.status_code, refused.json()["code"], refused.json()["status"]) == (400, code, 400)
    assert phone.texts() == []


@pytest.mark.parametrize(("account", "token"), [("AC1", "wrong"), ("AC2", "t0k")])
async def test_a_stranger_sends_nothing(client: httpx2.AsyncClient, phone, account: str, token: str) -> None:
    client.auth = (account, token)
    refused = await send(client)

    assert (refused.status_code, refused.json()["code"]) == (401, 20003)
    assert phone.texts() == []


async def test_a_message_that_is_not_there_is_not_found(client: httpx2.AsyncClient) -> None:
    missing = await client.get("/2010-04-01/Accounts/AC1/Messages/SMnone.json")

    assert (missing.status_code, missing.json()["code"]) == (404, 20404)


@pytest.mark.parametrize(
    ("kind", "status", "code", "sent"),
    [
        (Kind.TOO_MANY, 429, 20429, 0),
        (Kind.ERROR_BEFORE, 500, 20500, 0),
        (Kind.ERROR_AFTER, 500, 20500, 1),
        (Kind.INVALID_NUMBER, 400, 21211, 0),
    ],
)
async def test_it_goes_wrong_as_often_as_it_was_told_to(client, phone, kind, status, code, sent) -> None:
    phone.misbehave(PhoneFault(kind, to=TO))

    other, wrong, right = await send(client, to="+491719999999"), await send(client), await send(client)

    assert (other.status_code, right.status_code) == (201, 201)
    assert (wrong.status_code, wrong.json()["code"]) == (status, code)
    assert len(phone.texts(TO)) == sent + 1


async def test_a_slow_answer_comes_after_the_message_was_taken(serve) -> None:
    released = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await released.wait()

    phone = PhoneCatcher(sleep=sleep)
    phone.misbehave(PhoneFault(Kind.SLOW))
    async with httpx2.AsyncClient(base_url=await serve(phone.app), auth=("AC1", "any"), timeout=5) as client:
        sending = asyncio.create_task(send(client))
        async with asyncio.timeout(5):
            while not phone.texts():
                await asyncio.sleep(0.005)
        assert not sending.done()
        released.set()
        assert (await sending).status_code == 201


async def test_behind_the_curtain_one_reads_forgets_and_orders_faults(client: httpx2.AsyncClient) -> None:
    await send(client)
    fault = {"kind": "too_many", "times": 2, "to": None, "seconds": 1.0}

    assert (await client.post("/control/faults", json=fault)).status_code == 201
    assert (await client.get("/control/faults")).json() == [fault]
    assert (await client.delete("/control/faults")).status_code == 204
    assert (await client.get("/control/faults")).json() == []
    [text] = (await client.get("/messages", params={"to": TO})).json()
    assert (text["to"], text["sender"], text["body"]) == (TO, "Mercato", "Grüße")
    [fact] = [line for line in (await client.get("/control/facts")).text.splitlines() if line]
    assert '"kind": "sms"' in fact
    assert text["sid"] in fact
    assert (await client.delete("/messages")).status_code == 204
    assert (await client.get("/messages")).json() == []


async def test_a_fault_of_no_kind_is_refused(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/control/faults", json={"kind": "explodes"})).status_code == 422
