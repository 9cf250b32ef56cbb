from dataclasses import replace

import jwt
import pytest
from argon2 import Parameters
from user_service.adapters.argon2_hasher import PARAMETERS, Argon2Hasher
from user_service.domain.session import EmailNotVerified, InvalidCredentials, TooManyAttempts
from user_service.ports import HashingBusy


async def test_the_right_password_opens_a_session(verified_user, sign_in) -> None:
    user = await verified_user()

    grant = await sign_in()

    claims = jwt.decode(grant.access_token, options={"verify_signature": False})
    assert grant.user == user
    assert claims["sub"] == str(user.id)
    assert claims["roles"] == ["customer"]
    assert len(grant.refresh_token) == 43


async def test_a_password_may_be_typed_in_any_normal_form(service, sign_in) -> None:
    await service.bootstrap_admin(email="zoe@example.com", name="Z", password="caf\u00e9 au bord de la mer")

    grant = await sign_in("zoe@example.com", "cafe\u0301 au bord de la mer")

    assert grant.user.email == "zoe@example.com"


async def test_a_wrong_password_and_an_unknown_address_are_told_the_same(verified_user, sign_in) -> None:
    await verified_user()

    with pytest.raises(InvalidCredentials) as wrong:
        await sign_in(password="a walk in the deep wood")
    with pytest.raises(InvalidCredentials) as unknown:
        await sign_in("nobody@example.com")

    assert str(wrong.value) == str(unknown.value)


async def test_an_unproven_address_is_told_only_to_who_knows_the_password(register, sign_in) -> None:
    await register()

    with pytest.raises(EmailNotVerified):
        await sign_in()
    with pytest.raises(InvalidCredentials):
        await sign_in(password="a walk in the deep wood")


async def test_ten_failures_close_the_account_to_this_network_for_a_while(
    service, verified_user, sign_in, clock
) -> None:
    await verified_user()
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            await sign_in(password="a walk in the deep wood")

    with pytest.raises(TooManyAttempts) as closed:
        await sign_in()

    assert 1 <= closed.value.retry_after <= 15 * 60
    elsewhere = await service.sign_in(
        email="ada@example.com", password="a walk in the deep forest", network="198.51.100.0/24", device=""
    )
    assert elsewhere.user.email == "ada@example.com"
    clock.move(minutes=15, seconds=1)
    assert (await sign_in()).user.email == "ada@example.com"


async def test_unknown_addresses_are_limited_like_known_ones(sign_in) -> None:
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            await sign_in("nobody@example.com")

    with pytest.raises(TooManyAttempts):
        await sign_in("nobody@example.com")


async def test_only_failures_are_counted(verified_user, sign_in) -> None:
    await verified_user()

    for _ in range(12):
        await sign_in()


async def test_signing_in_keeps_the_password_with_todays_parameters(
    service, verified_user, sign_in, world, store
) -> None:
    user = await verified_user()
    credentials = service.register.accounts._tx.users.credentials
    before = credentials.get(user.id)
    stronger = Argon2Hasher(
        {"1": b"old" * 11, "2": b"new" * 11}, "2", world=world, cores=1, parameters=_with_time_cost(3)
    )
    weaker = Argon2Hasher({"1": b"old" * 11}, "1", world=world, cores=1)
    async with store.transaction():
        credentials.put(user.id, await weaker.hash("a walk in the deep forest"))
    strict = replace(service.sign_in, prove=replace(service.sign_in.prove, hasher=stronger))

    await strict(email="ada@example.com", password="a walk in the deep forest", network="", device="")

    after = credentials.get(user.id)
    assert after.pepper_id == "2"
    assert "t=3" in after.hash
    assert before.hash != after.hash
    assert (await stronger.check("a walk in the deep forest", after)).outdated is False


async def test_a_crowd_at_the_hasher_is_sent_away_not_queued_for_ever(service, verified_user, sign_in, store) -> None:
    await verified_user()
    service.sign_in.prove.hasher._room = 0

    with pytest.raises(HashingBusy) as busy:
        await sign_in()

    assert busy.value.retry_after == 2
    assert len(service.register.accounts._tx.sessions.rows) == 0


def _with_time_cost(cost: int) -> Parameters:
    return replace(PARAMETERS, time_cost=cost)
