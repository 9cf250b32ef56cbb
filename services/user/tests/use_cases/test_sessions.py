"""Where one is signed in, and what ends it: each end is told to every service."""

from datetime import timedelta

import pytest
from user_service.domain.session import RefreshToken, Session, SessionEnded, SessionNotFound, digest

NEXT_YEAR = {"before": None, "limit": 100}


@pytest.fixture
def signed_in(service, verified_user, sign_in, world):
    """Somebody with some sessions, the oldest first: the user, and what their tokens say."""

    async def signed_in(count: int, email: str = "ada@example.com"):
        user = await verified_user(email)
        verify = service.verifier(world)
        return user, [await verify((await sign_in(email)).access_token) for _ in range(count)]

    return signed_in


@pytest.fixture
def told(announced):
    """What was said since the call before: types, sessions that are refused from now on, alerts."""
    seen = 0

    def told():
        nonlocal seen
        news, seen = announced()[seen:], len(announced())
        revoked = [id_ for each in news if each.type == "SessionsRevoked.v1" for id_ in each.data["session_ids"]]
        alerts = [each.data["kind"] for each in news if each.type == "SecurityAlertRaised.v1"]
        return sorted(revoked), alerts

    return told


async def is_alive(service, caller) -> bool:
    try:
        await service.recognise(
            user_id=caller.user_id, session_id=caller.session_id, session_version=caller.session_version
        )
    except SessionEnded:
        return False
    return True


async def test_the_living_sessions_of_one_user_are_listed_the_youngest_first(service, signed_in, clock) -> None:
    user, [first, second, third] = await signed_in(3)
    await signed_in(1, "bob@example.com")
    await service.sign_out(user_id=user.id, session_id=second.session_id)

    found = await service.list_sessions(user_id=user.id, **NEXT_YEAR)
    older = await service.list_sessions(user_id=user.id, before=third.session_id, limit=100)

    assert [each.id for each in found] == [third.session_id, first.session_id]
    assert [each.id for each in older] == [first.session_id]
    assert {each.device for each in found} == {"a browser"}
    clock.move(days=14)
    assert await service.list_sessions(user_id=user.id, **NEXT_YEAR) == []


async def test_one_session_is_ended_without_an_alarm_and_the_others_stay(service, signed_in, told) -> None:
    user, [here, lost] = await signed_in(2)
    told()

    await service.end_session(user_id=user.id, session_id=lost.session_id)

    assert told() == ([str(lost.session_id)], [])
    assert (await is_alive(service, here), await is_alive(service, lost)) == (True, False)


async def test_somebody_elses_session_is_as_unknown_as_none(service, signed_in, told, world) -> None:
    user, _ = await signed_in(1)
    _, [theirs] = await signed_in(1, "bob@example.com")
    told()

    for session_id in (theirs.session_id, world.ids.uuid7()):
        with pytest.raises(SessionNotFound):
            await service.end_session(user_id=user.id, session_id=session_id)

    assert told() == ([], [])
    assert await is_alive(service, theirs)


async def test_an_ended_session_is_not_ended_again(service, signed_in, told) -> None:
    user, [here] = await signed_in(1)
    await service.end_session(user_id=user.id, session_id=here.session_id)
    told()

    with pytest.raises(SessionNotFound):
        await service.end_session(user_id=user.id, session_id=here.session_id)
    await service.sign_out(user_id=user.id, session_id=here.session_id)

    assert told() == ([], [])


async def test_signing_out_is_told_to_everybody(service, signed_in, told) -> None:
    user, [here] = await signed_in(1)
    told()

    await service.sign_out(user_id=user.id, session_id=here.session_id)

    assert told() == ([str(here.session_id)], [])


async def test_signing_out_everywhere_ends_all_and_mails_the_owner_once(service, signed_in, told) -> None:
    user, sessions = await signed_in(3)
    _, [theirs] = await signed_in(1, "bob@example.com")
    told()

    await service.end_all_sessions(user_id=user.id)
    assert told() == (sorted(str(each.session_id) for each in sessions), ["sessions_ended"])
    await service.end_all_sessions(user_id=user.id)

    assert told() == ([], [])
    assert [await is_alive(service, each) for each in sessions] == [False] * 3
    assert await is_alive(service, theirs)


async def test_many_sessions_are_told_in_several_messages(service, verified_user, announced, world) -> None:
    user = await verified_user()
    async with service.sign_out.accounts.transaction() as tx:
        now = await tx.now()
        for n in range(205):
            session = Session.start(id_=world.ids.uuid7(), user_id=user.id, device="", at=now - timedelta(minutes=1))
            token = RefreshToken(
                digest=digest(str(n)), family=session.id, generation=0, parent=None, issued_at=session.started_at
            )
            await tx.sessions.start(session, token)

    await service.end_all_sessions(user_id=user.id)

    revoked = [each for each in announced() if each.type == "SessionsRevoked.v1"]
    assert [len(each.data["session_ids"]) for each in revoked] == [100, 100, 5]
    assert len({id_ for each in revoked for id_ in each.data["session_ids"]}) == 205


async def test_theft_refuses_the_family_everywhere_and_mails_the_owner(
    service, signed_in, sign_in, told, world
) -> None:
    await signed_in(1)
    first = await sign_in()
    second = await service.refresh_session(refresh_token=first.refresh_token)
    await service.refresh_session(refresh_token=second.refresh_token)
    family = (await service.verifier(world)(first.access_token)).session_id
    told()

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=first.refresh_token)

    assert told() == ([str(family)], ["refresh_reused"])


async def test_a_repeat_that_comes_too_late_refuses_the_session_without_an_alarm(
    service, signed_in, sign_in, told, clock, world
) -> None:
    await signed_in(0)
    first = await sign_in()
    family = (await service.verifier(world)(first.access_token)).session_id
    await service.refresh_session(refresh_token=first.refresh_token)
    clock.move(seconds=61)
    told()

    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=first.refresh_token)

    assert told() == ([str(family)], [])
