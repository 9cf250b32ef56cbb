"""What the adapter says to the provider, and how it understands the answer."""

from collections.abc import Callable
from urllib.parse import parse_qs

import httpx2
import pytest
from notification_service.adapters.twilio_sms import TwilioSms
from notification_service.ports import SmsFailed, SmsRefused

Answer = Callable[[httpx2.Request], httpx2.Response]


def texter(answer: Answer) -> TwilioSms:
    transport = httpx2.MockTransport(answer)
    return TwilioSms(url="http://phone", account="AC1", token="t0k", sender="+4915550001", transport=transport)


async def send(answer: Answer) -> str:
    made = texter(answer)
    try:
        return await made.send(to="+4917112345", text="Grüße & mehr")
    finally:
        await made.close()


async def test_a_message_is_created_as_the_provider_wants_it() -> None:
    seen: list[httpx2.Request] = []

    def take(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(201, json={"sid": "SM1", "status": "queued"})

    assert await send(take) == "SM1"

    [request] = seen
    assert (request.method, request.url.path) == ("POST", "/2010-04-01/Accounts/AC1/Messages.json")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["authorization"] == "Basic QUMxOnQwaw=="
    assert parse_qs(request.content.decode()) == {
        "To": ["+4917112345"],
        "From": ["+4915550001"],
        "Body": ["Grüße & mehr"],
    }


@pytest.mark.parametrize("code", [21211, 21408, 21610, 21614])
async def test_a_number_that_they_refuse_is_refused_and_not_told_in_words(code: int) -> None:
    body = {"code": code, "message": "The number +4917112345 is not valid", "status": 400}

    with pytest.raises(SmsRefused) as refused:
        await send(lambda _: httpx2.Response(400, json=body))

    assert str(refused.value) == f"400 {code}"


@pytest.mark.parametrize(
    ("status", "perhaps"), [(429, False), (401, False), (403, False), (404, False), (500, True), (503, True)]
)
async def test_what_is_said_to_us_or_for_now_is_tried_again(status: int, perhaps: bool) -> None:
    with pytest.raises(SmsFailed) as failed:
        await send(lambda _: httpx2.Response(status, content=b"<html>"))

    assert failed.value.perhaps_sent is perhaps


@pytest.mark.parametrize(
    ("fault", "perhaps"),
    [
        (httpx2.ConnectError("refused"), False),
        (httpx2.ConnectTimeout("slow"), False),
        (httpx2.ReadTimeout("slow"), True),
        (httpx2.RemoteProtocolError("cut"), True),
    ],
)
async def test_without_an_answer_it_may_have_been_sent_once_they_had_it(fault: Exception, perhaps: bool) -> None:
    def raise_(_: httpx2.Request) -> httpx2.Response:
        raise fault

    with pytest.raises(SmsFailed) as failed:
        await send(raise_)

    assert failed.value.perhaps_sent is perhaps


@pytest.mark.parametrize("body", [b"", b"[]", b'{"sid": null}', b'{"sid": 7}'])
async def test_a_yes_without_an_id_may_have_been_sent(body: bytes) -> None:
    with pytest.raises(SmsFailed) as failed:
        await send(lambda _: httpx2.Response(201, content=body))

    assert failed.value.perhaps_sent
