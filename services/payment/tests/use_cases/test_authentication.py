"""A saved card whose bank asks who is paying."""

import pytest
from payment_service.settings import PaymentSettings

ASKS, ASKS_AND_DECLINES = "pm_card_threeDSecure2Required", "pm_card_threeDSecureRequiredChargeDeclined"


async def asked(shop, card: str = ASKS) -> None:
    await shop.authorize(card)
    await shop.settle()
    assert await shop.said() == ["PaymentActionRequired"]


async def look_again(shop) -> None:
    await shop.later(seconds=61)
    await shop.settle()


async def test_the_customer_is_sent_to_the_bank_and_authorised_afterwards(shop) -> None:
    await asked(shop)
    waiting = (await shop.state(), await shop.page())

    back = await shop.press("approve")
    await look_again(shop)

    assert waiting[0] == "REQUIRES_ACTION"
    assert "/act/pi_" in waiting[1]
    assert back == "http://shop.example/back"
    assert (await shop.said())[1:] == ["PaymentAuthorized"]
    assert shop.truth("authorization") == [3558]


@pytest.mark.parametrize(
    ("card", "answer", "reason"),
    [
        (ASKS, "refuse", "payment_intent_authentication_failure"),
        (ASKS_AND_DECLINES, "approve", "generic_decline"),
    ],
)
async def test_a_no_is_final_once_the_intent_is_cancelled(shop, wire, card, answer, reason) -> None:
    await asked(shop, card)

    await shop.press(answer)
    await look_again(shop)

    assert (await shop.said())[1:] == ["PaymentDeclined"]
    assert (await shop.last())["reason"] == reason
    assert len(wire.sent("/cancel")) == 1
    assert shop.truth("authorization") == []


async def test_a_void_beats_a_customer_who_has_not_answered(shop) -> None:
    await asked(shop)
    question = await shop.page()

    await shop.void()
    await shop.settle()
    await shop.press("approve", page=question)

    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert shop.truth("authorization") == []


async def test_a_void_takes_back_what_was_approved_a_moment_ago(shop) -> None:
    await asked(shop)
    await shop.press("approve")

    await shop.void()
    await shop.settle()

    assert (await shop.said())[1:] == ["PaymentVoided"]
    assert shop.truth("authorization") == []


class TestWithoutAWayBack:
    @pytest.fixture
    def settings(self, settings: PaymentSettings) -> PaymentSettings:
        return settings.model_copy(update={"return_url": None})

    async def test_such_a_card_is_declined(self, shop) -> None:
        await shop.authorize(ASKS)
        await shop.settle()

        assert await shop.said() == ["PaymentDeclined"]
        assert (await shop.last())["reason"] == "authentication_required"
