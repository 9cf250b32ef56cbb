import pytest
from user_service.domain.passwords import PasswordRefused
from user_service.domain.session import SessionEnded
from user_service.domain.user import LastAdmin, Role, UserNotFound
from user_service.use_cases.bootstrap_admin import AdminExists, EmailTaken

PASSWORD = "eleven quiet lighthouses"


async def test_the_first_admin_is_made_once(service, sign_in, announced) -> None:
    admin = await service.bootstrap_admin(email="boss@example.com", name="Boss", password=PASSWORD)

    assert (await sign_in("boss@example.com", PASSWORD)).user.roles == {Role.ADMIN}
    assert [(each.type, each.seq) for each in announced()] == [("UserRegistered.v1", 1), ("EmailVerified.v1", 2)]
    with pytest.raises(AdminExists):
        await service.bootstrap_admin(email="other@example.com", name="Other", password=PASSWORD)
    assert await service.find_user(email="other@example.com") is None
    assert (await service.find_user(email="boss@example.com")) == admin


async def test_the_first_admin_does_not_take_over_an_account(service, verified_user) -> None:
    user = await verified_user()

    with pytest.raises(EmailTaken):
        await service.bootstrap_admin(email="ada@example.com", name="Boss", password=PASSWORD)

    assert await service.find_user(email="ada@example.com") == user


async def test_the_first_admin_needs_a_good_password_too(service) -> None:
    with pytest.raises(PasswordRefused):
        await service.bootstrap_admin(email="boss@example.com", name="Boss", password="short")

    assert await service.find_user(email="boss@example.com") is None


async def test_new_roles_are_in_the_tokens_of_the_next_sign_in_and_every_session_has_ended(
    service, verified_user, sign_in, world, announced
) -> None:
    user = await verified_user()
    grant = await sign_in()
    said = len(announced())

    changed = await service.set_roles(user_id=user.id, roles=frozenset({Role.SUPPORT}), by=user.id)

    assert changed.session_version == user.session_version + 1
    revoked, alert = announced()[said:]
    old = await service.verifier(world)(grant.access_token)
    assert (revoked.type, revoked.data["session_ids"]) == ("SessionsRevoked.v1", [str(old.session_id)])
    assert (alert.type, alert.data["kind"]) == ("SecurityAlertRaised.v1", "sessions_ended")
    with pytest.raises(SessionEnded):
        await service.recognise(user_id=user.id, session_id=old.session_id, session_version=old.session_version)
    with pytest.raises(SessionEnded):
        await service.refresh_session(refresh_token=grant.refresh_token)
    assert (await service.verifier(world)((await sign_in()).access_token)).roles == {"support"}


async def test_the_same_roles_again_change_nothing(service, verified_user) -> None:
    user = await verified_user()

    assert await service.set_roles(user_id=user.id, roles=user.roles, by=user.id) == user


async def test_the_last_admin_stays_one(service) -> None:
    admin = await service.bootstrap_admin(email="boss@example.com", name="Boss", password=PASSWORD)

    with pytest.raises(LastAdmin):
        await service.set_roles(user_id=admin.id, roles=frozenset({Role.CUSTOMER}), by=admin.id)

    assert await service.find_user(email="boss@example.com") == admin


async def test_nobody_has_no_roles(service, world) -> None:
    with pytest.raises(UserNotFound):
        await service.set_roles(user_id=world.ids.uuid7(), roles=frozenset({Role.ADMIN}), by=world.ids.uuid7())
