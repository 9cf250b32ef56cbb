import asyncio

import pytest
from user_service.domain.session import SessionEnded


@pytest.fixture
async def grant(verified_user, sign_in):
    await verified_user()
    return await sign_in()


async def test_a_refresh_token_is_traded_for_its_successor(service, grant) -> None:
    following = await service.refresh_session(refresh_token=grant.refresh_token)

    assert following.refresh_token != grant.refresh_token
    assert following.user == grant.user
    assert (await service.refresh_session(refresh_token=following.refresh_token)).user == grant.user


async def test_a_lost_reply_is_given_again_within_a_minute(service, grant, clock) -> None:
    first = await service.refresh_session(refresh_token=grant.refresh_token)
    clock.move(seconds=60)

    again = await service.refresh_session(refresh_token=grant.refresh_token)

    assert again.refresh_token == first.refresh_token


async def test_fifty_at_once_get_one_answer(service, grant) -> None:
    answers = await asyncio.gather(*(service.refresh_session(refresh_token=grant.refresh_token) for _ in range(50)))

    assert len({each.refresh_token for each in answers}) == 1


async def test_a_repeat_after_a_minute_ends_the_session_without_alarm(service, grant, clock) -> None:
    following = await service.refresh_session(refresh_token=grant.refresh_token)
    clock.move(seconds=61)

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=grant.refresh_token)

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=following.refresh_token)
    assert (await service.find_user(email="ada@example.com")).session_version == grant.user.session_version


async def test_a_token_whose_successor_was_used_ends_the_family_and_distrusts_its_access_tokens(service, grant) -> None:
    second = await service.refresh_session(refresh_token=grant.refresh_token)
    third = await service.refresh_session(refresh_token=second.refresh_token)

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=grant.refresh_token)

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=third.refresh_token)
    assert (await service.find_user(email="ada@example.com")).session_version == grant.user.session_version + 1


async def test_theft_in_one_session_leaves_the_others(service, grant, sign_in) -> None:
    other = await sign_in()
    second = await service.refresh_session(refresh_token=grant.refresh_token)
    await service.refresh_session(refresh_token=second.refresh_token)

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=grant.refresh_token)

    assert (await service.refresh_session(refresh_token=other.refresh_token)).user.email == "ada@example.com"


async def test_fourteen_idle_days_end_a_session_and_use_keeps_it(service, grant, clock) -> None:
    clock.move(days=13)
    following = await service.refresh_session(refresh_token=grant.refresh_token)
    clock.move(days=13)
    following = await service.refresh_session(refresh_token=following.refresh_token)
    clock.move(days=14)

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=following.refresh_token)


async def test_ninety_days_end_every_session(service, grant, clock) -> None:
    following = grant
    for _ in range(8):
        clock.move(days=11)
        following = await service.refresh_session(refresh_token=following.refresh_token)
    clock.move(days=2)

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=following.refresh_token)


async def test_a_token_that_was_never_given_is_refused(service) -> None:
    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token="x" * 43)


async def test_only_the_digest_of_a_token_is_stored(service, grant) -> None:
    following = await service.refresh_session(refresh_token=grant.refresh_token)

    kept = repr(list(service.register.accounts._tx.sessions.tokens.values()))
    assert grant.refresh_token not in kept
    assert following.refresh_token not in kept


async def test_there_is_never_more_than_one_live_token_in_a_family(service, grant) -> None:
    second = await service.refresh_session(refresh_token=grant.refresh_token)
    await service.refresh_session(refresh_token=second.refresh_token)

    live = [fact async for fact in service.facts() if fact["kind"] == "refresh_token" and fact["live"]]
    assert len(live) == 1
