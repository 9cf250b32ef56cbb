import asyncio
import hashlib
from datetime import datetime, timedelta

import pytest
from user_service.domain.passwords import PasswordRefused
from user_service.domain.user import VerificationTokenInvalid
from user_service.wiring import in_memory, settings_for_one_run


async def test_a_new_account_asks_for_proof_of_its_address(register, announced, clock) -> None:
    await register("ada@example.com", name="Ada")

    registered, requested = announced()
    assert registered.type == "UserRegistered.v1"
    assert registered.data["email"] == "ada@example.com"
    assert (requested.type, requested.data["name"]) == ("EmailVerificationRequested.v1", "Ada")
    assert datetime.fromisoformat(requested.data["expires_at"]) == clock.now() + timedelta(hours=24)
    assert (registered.seq, requested.seq) == (1, 2)
    assert requested.aggregate_id == registered.aggregate_id


async def test_the_token_of_the_mail_proves_the_address(service, register, mailed_token, announced) -> None:
    await register()

    await service.verify_email(token=mailed_token())

    user = await service.find_user(email="ada@example.com")
    assert user.verified
    assert announced()[-1].type == "EmailVerified.v1"
    contact = {"email": "ada@example.com", "name": "Ada", "locale": "en", "phone": None}
    assert announced()[-1].data == {"user_id": str(user.id), **contact}
    assert announced()[-1].seq == 3


async def test_a_verification_token_is_good_once(service, register, mailed_token, announced) -> None:
    await register()
    await service.verify_email(token=mailed_token())
    said = len(announced())

    with pytest.raises(VerificationTokenInvalid):
        await service.verify_email(token=mailed_token())

    assert len(announced()) == said


async def test_a_verification_token_is_good_for_a_day(service, register, mailed_token, clock) -> None:
    await register()
    clock.move(hours=24)

    with pytest.raises(VerificationTokenInvalid):
        await service.verify_email(token=mailed_token())

    assert not (await service.find_user(email="ada@example.com")).verified


async def test_a_known_proven_address_is_told_nothing_and_keeps_its_password(
    service, register, verified_user, sign_in, announced
) -> None:
    await verified_user()
    said = len(announced())

    await register("ada@example.com", name="Mallory", password="another walk in a dark wood")

    assert len(announced()) == said
    assert (await sign_in()).user.name == "Ada"


async def test_an_unproven_address_may_register_again_and_the_newest_counts(
    service, register, mailed_token, announced, sign_in
) -> None:
    await register(name="Mallory", password="the password of a squatter")
    old = mailed_token()

    await register(name="Ada")

    assert [each.type for each in announced()].count("UserRegistered.v1") == 1
    with pytest.raises(VerificationTokenInvalid):
        await service.verify_email(token=old)
    await service.verify_email(token=mailed_token())
    assert (await sign_in()).user.name == "Ada"


async def test_another_mail_can_be_asked_for(service, register, mailed_token, announced) -> None:
    await register()
    first = mailed_token()

    await service.request_verification(email="ada@example.com")

    assert mailed_token() != first
    await service.verify_email(token=mailed_token())


async def test_nobody_is_mailed_for_an_unknown_or_proven_address(service, verified_user, announced) -> None:
    await verified_user()
    said = len(announced())

    await service.request_verification(email="ada@example.com")
    await service.request_verification(email="nobody@example.com")

    assert len(announced()) == said


async def test_an_address_is_not_flooded_with_mails(service, register, announced) -> None:
    for _ in range(7):
        await register()

    assert [each.type for each in announced()].count("EmailVerificationRequested.v1") == 5


async def test_twenty_registrations_at_once_make_one_account(world, settings) -> None:
    service = in_memory(settings_for_one_run(world, mails_per_hour=100), world)

    await asyncio.gather(
        *(
            service.register(
                email="ada@example.com", name="Ada", password="a walk in the deep forest", locale="en", network=""
            )
            for _ in range(20)
        )
    )

    types = [each.envelope.type for each in service.register.accounts.store.announced]
    assert types.count("UserRegistered.v1") == 1


async def test_a_guessable_password_opens_no_account(service, register, announced) -> None:
    with pytest.raises(PasswordRefused):
        await register(password="password password 1")

    assert announced() == []
    assert await service.find_user(email="ada@example.com") is None


async def test_a_breached_password_opens_no_account(world, tmp_path) -> None:
    breached = tmp_path / "breached.txt"
    breached.write_text(hashlib.sha1(b"a walk in the deep forest", usedforsecurity=False).hexdigest().upper() + ":3\n")
    service = in_memory(settings_for_one_run(world, breached_passwords_file=breached), world)

    with pytest.raises(PasswordRefused, match="breach"):
        await service.register(
            email="ada@example.com", name="Ada", password="a walk in the deep forest", locale="en", network=""
        )

    assert service.register.accounts.store.announced == []
