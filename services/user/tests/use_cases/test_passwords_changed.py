"""A password is changed by who knows it, reset by who reads the mail, and nobody else stays signed in."""

from dataclasses import replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import pytest
from user_service.domain.passwords import PasswordRefused
from user_service.domain.session import (
    InvalidCredentials,
    SessionEnded,
    TooManyAttempts,
    WrongPassword,
)
from user_service.domain.user import AccountDisabled, LastAdmin, ResetTokenInvalid, Role, UserNotFound

ADA = "ada@example.com"
OLD = "a walk in the deep forest"
NEW = "eleven quiet lighthouses"


@pytest.fixture
def change(service):
    async def change(user, session_id, *, current: str = OLD, new: str = NEW) -> None:
        await service.change_password(user=user, session_id=session_id, current=current, new=new, network="")

    return change


@pytest.fixture
def ask(service):
    async def ask(email: str = ADA, *, network: str = "192.0.2.0/24") -> None:
        await service.request_password_reset(email=email, network=network)

    return ask


@pytest.fixture
def reset_tokens(announced):
    return lambda: [each.data["token"] for each in announced() if each.type == "PasswordResetRequested.v1"]


@pytest.fixture
def alerts(announced):
    return lambda: [each.data["kind"] for each in announced() if each.type == "SecurityAlertRaised.v1"]


async def works(service, grant) -> bool:
    try:
        await service.refresh_session(refresh_token=grant.refresh_token)
    except SessionEnded:
        return False
    return True


async def test_a_changed_password_ends_every_other_session_and_mails_the_owner(
    service, verified_user, sign_in, change, alerts, world
) -> None:
    user = await verified_user()
    here, elsewhere = await sign_in(), await sign_in()

    await change(user, (await service.verifier(world)(here.access_token)).session_id)

    assert (await works(service, here), await works(service, elsewhere)) == (True, False)
    assert alerts() == ["password_changed"]
    assert (await sign_in(password=NEW)).user == user
    with pytest.raises(InvalidCredentials):
        await sign_in()


async def test_a_wrong_current_password_changes_nothing_and_is_counted_as_a_guess(
    service, verified_user, sign_in, change, alerts, world
) -> None:
    user, grant = await verified_user(), await sign_in()
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await change(user, world.ids.uuid7(), current="a walk in the deep wood")

    with pytest.raises(TooManyAttempts):
        await change(user, world.ids.uuid7())

    assert alerts() == []
    assert await works(service, grant)


@pytest.mark.parametrize("new", [OLD, "password password 1", "short"])
async def test_a_bad_new_password_changes_nothing(service, verified_user, sign_in, change, alerts, world, new) -> None:
    user = await verified_user()
    grant = await sign_in()

    with pytest.raises(PasswordRefused):
        await change(user, world.ids.uuid7(), new=new)

    assert alerts() == []
    assert await works(service, grant)
    assert (await sign_in()).user == user


async def test_a_sign_in_that_is_under_way_while_the_password_changes_does_not_get_in(
    service, verified_user, change, world
) -> None:
    user = await verified_user()
    hasher, changed = service.sign_in.prove.hasher, []

    class OvertakenByTheOwner:
        """The check is over, and before the session is opened the owner chooses another password."""

        async def check(self, password, credential):
            found = await hasher.check(password, credential)
            if not changed:
                changed.append(True)
                await change(user, world.ids.uuid7())
            return found

    # As another process: it does not wait for its turn in this one.
    prove = replace(service.sign_in.prove, hasher=OvertakenByTheOwner(), turns=WeakValueDictionary())
    elsewhere = replace(service.sign_in, prove=prove)
    with pytest.raises(InvalidCredentials):
        await elsewhere(email=ADA, password=OLD, network="192.0.2.0/24", device="")

    assert await service.list_sessions(user_id=user.id, before=None, limit=10) == []


async def test_the_mailed_link_sets_a_new_password_once_and_ends_every_session(
    service, verified_user, sign_in, ask, reset_tokens, alerts, announced, clock
) -> None:
    user = await verified_user()
    grant = await sign_in()

    await ask()
    [token] = reset_tokens()
    requested = announced()[-1]
    await service.reset_password(token=token, password=NEW)

    assert requested.data["email"] == ADA
    expires_at = datetime.fromisoformat(requested.data["expires_at"])
    assert expires_at - requested.occurred_at == timedelta(minutes=30)
    assert not await works(service, grant)
    assert alerts() == ["password_reset"]
    assert (await sign_in(password=NEW)).user == user
    with pytest.raises(ResetTokenInvalid):
        await service.reset_password(token=token, password="twelve quiet lighthouses")
    assert (await sign_in(password=NEW)).user == user


async def test_a_link_is_good_for_half_an_hour_and_the_newest_alone(
    service, verified_user, ask, reset_tokens, clock, sign_in
) -> None:
    await verified_user()
    await ask()
    await ask()
    first, second = reset_tokens()

    with pytest.raises(ResetTokenInvalid):
        await service.reset_password(token=first, password=NEW)
    clock.move(minutes=30)
    with pytest.raises(ResetTokenInvalid):
        await service.reset_password(token=second, password=NEW)

    assert (await sign_in()).user.email == ADA


async def test_a_refused_password_leaves_the_link_good(service, verified_user, ask, reset_tokens, sign_in) -> None:
    await verified_user()
    await ask()

    with pytest.raises(PasswordRefused):
        await service.reset_password(token=reset_tokens()[0], password="password password 1")

    await service.reset_password(token=reset_tokens()[0], password=NEW)
    assert (await sign_in(password=NEW)).user.email == ADA


async def test_unknown_unproven_and_closed_accounts_are_mailed_nothing(
    service, verified_user, register, ask, announced, world
) -> None:
    user = await verified_user()
    await register("bob@example.com")
    await service.disable_user(user_id=user.id, reason="as asked", by=world.ids.uuid7())
    said = len(announced())

    for email in (ADA, "bob@example.com", "nobody@example.com"):
        await ask(email)

    assert len(announced()) == said


async def test_known_and_unknown_addresses_are_answered_after_the_same_time(service, verified_user, ask, clock) -> None:
    await verified_user()
    began = clock.now()

    await ask()
    known = clock.now() - began
    await ask("nobody@example.com")

    assert known == clock.now() - began - known == timedelta(seconds=0.25)


async def test_an_account_gets_three_links_an_hour_and_a_network_may_ask_for_ten(
    service, verified_user, ask, reset_tokens, clock
) -> None:
    await verified_user()
    for _ in range(5):
        await ask()
    for n in range(5):
        await ask(f"user-{n}@example.com")

    assert len(reset_tokens()) == 3
    with pytest.raises(TooManyAttempts) as closed:
        await ask("somebody@example.com")
    assert 1 <= closed.value.retry_after <= 3600
    await ask("somebody@example.com", network="198.51.100.0/24")
    clock.move(hours=1)
    await ask()
    assert len(reset_tokens()) == 4


async def test_a_reset_opens_an_account_that_guessers_have_closed(
    service, verified_user, sign_in, ask, reset_tokens
) -> None:
    await verified_user()
    for n in range(100):
        await service.sign_in.prove.guesses.count(ADA, f"198.51.{n}.0/24")
    with pytest.raises(TooManyAttempts):
        await sign_in()

    await ask()
    await service.reset_password(token=reset_tokens()[0], password=NEW)

    assert (await sign_in(password=NEW)).user.email == ADA


async def test_a_closed_account_is_shut_to_its_owner_and_everybody_in_it_is_sent_away(
    service, verified_user, sign_in, alerts, world
) -> None:
    user = await verified_user()
    grant = await sign_in()

    closed = await service.disable_user(user_id=user.id, reason="as asked", by=world.ids.uuid7())
    again = await service.disable_user(user_id=user.id, reason="another", by=world.ids.uuid7())

    assert (closed.disabled_reason, again) == ("as asked", closed)
    assert not await works(service, grant)
    assert alerts() == ["account_disabled"]
    with pytest.raises(AccountDisabled):
        await sign_in()
    with pytest.raises(InvalidCredentials):
        await sign_in(password="a walk in the deep wood")


async def test_an_account_that_is_opened_again_lets_its_owner_in(
    service, verified_user, sign_in, alerts, world
) -> None:
    user = await verified_user()
    await service.disable_user(user_id=user.id, reason="as asked", by=world.ids.uuid7())

    opened = await service.enable_user(user_id=user.id, by=world.ids.uuid7())
    assert await service.enable_user(user_id=user.id, by=world.ids.uuid7()) == opened

    assert alerts() == ["account_disabled", "account_enabled"]
    assert (await sign_in()).user == opened


async def test_the_last_admin_with_an_open_account_is_not_closed(service, verified_user) -> None:
    boss = await service.bootstrap_admin(email="boss@example.com", name="Boss", password=NEW)
    other = await verified_user()
    await service.set_roles(user_id=other.id, roles=frozenset({Role.ADMIN}), by=boss.id)

    await service.disable_user(user_id=other.id, reason="left", by=boss.id)

    with pytest.raises(LastAdmin):
        await service.disable_user(user_id=boss.id, reason="left", by=boss.id)
    with pytest.raises(LastAdmin):
        await service.set_roles(user_id=boss.id, roles=frozenset({Role.CUSTOMER}), by=boss.id)
    await service.set_roles(user_id=other.id, roles=frozenset({Role.CUSTOMER}), by=boss.id)


async def test_nobody_is_neither_closed_nor_opened(service, world) -> None:
    with pytest.raises(UserNotFound):
        await service.disable_user(user_id=world.ids.uuid7(), reason="as asked", by=world.ids.uuid7())
    with pytest.raises(UserNotFound):
        await service.enable_user(user_id=world.ids.uuid7(), by=world.ids.uuid7())
