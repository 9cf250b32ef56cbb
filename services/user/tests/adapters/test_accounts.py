"""One contract, on the twin in memory and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.memory import MemoryStore
from chassis.outbox import Outbox
from chassis.outbox_relay import TableOutbox
from chassis.world import World
from contracts.user import EmailVerificationRequested, EmailVerified, PasswordResetRequested
from user_service.adapters.access_tokens import Es256Tokens, fixed_ring, new_signing_key
from user_service.adapters.in_memory import InMemoryAccounts
from user_service.domain.address import Address, AddressBook
from user_service.domain.session import RefreshToken, Session, SessionEnded, digest
from user_service.domain.user import Credential, Role, User, Verification
from user_service.ports import AllAccounts
from user_service.use_cases.address_book import AddAddress
from user_service.use_cases.refresh_session import RefreshSession

WORLD = World()
NOW = datetime.now(UTC).replace(microsecond=0)
RING = fixed_ring(new_signing_key(), at=NOW)
TOKENS = Es256Tokens(lambda: RING, WORLD)
CREDENTIAL = Credential("$argon2id$one", "1")


@pytest.fixture(params=["memory", "postgres"])
def accounts(request: pytest.FixtureRequest) -> AllAccounts:
    if request.param == "memory":
        return InMemoryAccounts(MemoryStore(WORLD))
    return request.getfixturevalue("account_database")


@pytest.fixture
def outbox(request: pytest.FixtureRequest, accounts: AllAccounts) -> Outbox:
    if isinstance(accounts, InMemoryAccounts):
        return accounts.store.outbox
    return TableOutbox(request.getfixturevalue("fresh_accounts").url, world=WORLD)


def a_user(email: str = "ada@example.com", **others: Any) -> User:
    return User(id=WORLD.ids.uuid7(), email=email, name="Ada", locale="en", created_at=NOW, **others)


async def added(accounts: AllAccounts, user: User | None = None) -> User:
    user = user or a_user()
    async with accounts.transaction() as tx:
        assert await tx.users.add(user)
    return user


async def started(accounts: AllAccounts, *, at: datetime = NOW, token: str = "token-0") -> Session:
    user = await added(accounts, a_user(f"{WORLD.ids.uuid7()}@example.com"))
    session = Session.start(id_=WORLD.ids.uuid7(), user_id=user.id, device="a browser", at=at)
    first = RefreshToken(digest=digest(token), family=session.id, generation=0, parent=None, issued_at=at)
    async with accounts.transaction() as tx:
        await tx.sessions.start(session, first)
    return session


def child(parent: RefreshToken, token: str, *, at: datetime) -> RefreshToken:
    return RefreshToken(
        digest=digest(token), family=parent.family, generation=parent.generation + 1, parent=parent.digest, issued_at=at
    )


async def facts(accounts: Any, kind: str) -> list[dict[str, Any]]:
    return [fact async for fact in accounts.facts() if fact["kind"] == kind]


async def test_a_user_is_read_back_as_it_was_added(accounts: AllAccounts) -> None:
    user = await added(accounts, a_user(roles=frozenset({Role.SUPPORT, Role.ADMIN}), verified_at=NOW))

    async with accounts.transaction() as tx:
        assert await tx.users.get(user.id) == user
        assert await tx.users.lock(user.id) == user
        assert await tx.users.by_email("ADA@example.com") == user
        assert await tx.users.get(WORLD.ids.uuid7()) is None
        assert await tx.users.lock(WORLD.ids.uuid7()) is None
        assert await tx.users.by_email("bob@example.com") is None


async def test_an_address_is_taken_once_whatever_its_case(accounts: AllAccounts) -> None:
    await added(accounts, a_user("ada@example.com"))

    async with accounts.transaction() as tx:
        assert not await tx.users.add(a_user("Ada@Example.com"))


async def test_of_many_who_want_an_address_at_once_one_gets_it(accounts: AllAccounts) -> None:
    async def want() -> bool:
        async with accounts.transaction() as tx:
            return await tx.users.add(a_user())

    assert sorted(await asyncio.gather(*(want() for _ in range(8)))) == [False] * 7 + [True]


async def test_a_changed_user_is_read_back_changed(accounts: AllAccounts) -> None:
    user = await added(accounts)
    closed = user.verify(at=NOW).with_roles(frozenset({Role.ADMIN})).disable(reason="as asked", at=NOW)
    changed = closed.with_profile(name="Ada L.", locale="de", phone="+4930123456", forget_phone=False)

    async with accounts.transaction() as tx:
        await tx.users.save(changed)

    async with accounts.transaction() as tx:
        assert await tx.users.get(user.id) == changed
        assert changed.version == 5


async def test_nothing_is_kept_of_a_transaction_that_failed(accounts: AllAccounts) -> None:
    user = a_user()

    async def fail_after_writing() -> None:
        async with accounts.transaction() as tx:
            await tx.users.add(user)
            message = EmailVerified(user_id=user.id, email=user.email, name=user.name, locale=user.locale)
            await tx.announce(message, seq=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_writing()

    async with accounts.transaction() as tx:
        assert await tx.users.get(user.id) is None
    assert await facts(accounts, "outbox") == []


async def test_what_is_announced_waits_in_the_outbox(accounts: AllAccounts) -> None:
    user = await added(accounts)

    async with accounts.transaction() as tx:
        await tx.announce(EmailVerified(user_id=user.id, email=user.email, name=user.name, locale=user.locale), seq=3)

    [waiting] = await facts(accounts, "outbox")
    assert (waiting["type"], waiting["aggregate_id"], waiting["published"]) == ("EmailVerified.v1", str(user.id), False)


async def test_what_carries_a_token_is_forgotten_soon_after_it_has_left(accounts: AllAccounts, outbox: Outbox) -> None:
    user = await added(accounts)
    told = {"user_id": user.id, "email": user.email, "name": user.name, "locale": user.locale}
    token = {"token": "a-token-that-was-mailed", "expires_at": NOW + timedelta(hours=1)}
    for message in (EmailVerified(**told), EmailVerificationRequested(**told, **token)):
        async with accounts.transaction() as tx:
            await tx.announce(message, seq=1)
    async with outbox.lead() as queue:
        await queue.settle(confirmed=[each.id for each in await queue.due()], refused=[])
    async with accounts.transaction() as tx:
        await tx.announce(PasswordResetRequested(**told, **token), seq=0)

    assert await accounts.clean() == 0
    assert await accounts.clean(mails_kept=timedelta(0)) == 1

    left = [fact["type"] for fact in await facts(accounts, "outbox")]
    assert sorted(left) == ["EmailVerified.v1", "PasswordResetRequested.v1"]


async def test_a_credential_is_set_replaced_and_rehashed_only_if_unchanged(accounts: AllAccounts) -> None:
    user = await added(accounts)
    second, third = Credential("$argon2id$two", "1"), Credential("$argon2id$three", "2")

    async with accounts.transaction() as tx:
        assert await tx.users.credential(user.id) is None
        await tx.users.set_credential(user.id, CREDENTIAL)
        await tx.users.set_credential(user.id, second)
        await tx.users.rehash(user.id, old=CREDENTIAL, new=third)
        assert await tx.users.credential(user.id) == second
        await tx.users.rehash(user.id, old=second, new=third)
        assert await tx.users.credential(user.id) == third


async def test_admins_are_counted(accounts: AllAccounts) -> None:
    await added(accounts)
    async with accounts.transaction() as tx:
        assert await tx.users.admins() == 0
    await added(accounts, a_user("boss@example.com", roles=frozenset({Role.ADMIN})))
    async with accounts.transaction() as tx:
        assert await tx.users.admins() == 1


async def test_of_many_first_admins_at_once_one_is_made(accounts: AllAccounts) -> None:
    async def bootstrap(n: int) -> bool:
        async with accounts.transaction() as tx:
            if await tx.users.admins():
                return False
            return await tx.users.add(a_user(f"boss{n}@example.com", roles=frozenset({Role.ADMIN})))

    assert sorted(await asyncio.gather(*(bootstrap(n) for n in range(8)))) == [False] * 7 + [True]


async def test_a_verification_is_taken_once(accounts: AllAccounts) -> None:
    user = await added(accounts)

    async with accounts.transaction() as tx:
        await tx.verifications.replace(Verification(digest("t"), user.id, NOW + timedelta(hours=1)))
    async with accounts.transaction() as tx:
        assert await tx.verifications.owner(digest("t")) == user.id
        assert await tx.verifications.take(digest("t"))
    async with accounts.transaction() as tx:
        assert not await tx.verifications.take(digest("t"))
        assert await tx.verifications.owner(digest("t")) is None


async def test_a_verification_that_is_too_old_or_replaced_is_not_taken(accounts: AllAccounts) -> None:
    user = await added(accounts)

    async with accounts.transaction() as tx:
        await tx.verifications.replace(Verification(digest("first"), user.id, NOW + timedelta(hours=1)))
        await tx.verifications.replace(Verification(digest("second"), user.id, NOW - timedelta(seconds=1)))
    async with accounts.transaction() as tx:
        assert not await tx.verifications.take(digest("first"))
        assert not await tx.verifications.take(digest("second"))


async def test_of_many_who_take_a_verification_at_once_one_gets_it(accounts: AllAccounts) -> None:
    user = await added(accounts)
    async with accounts.transaction() as tx:
        await tx.verifications.replace(Verification(digest("t"), user.id, NOW + timedelta(hours=1)))

    async def take() -> bool:
        async with accounts.transaction() as tx:
            await tx.users.lock(user.id)
            return await tx.verifications.take(digest("t"))

    assert sorted(await asyncio.gather(*(take() for _ in range(8)))) == [False] * 7 + [True]


async def test_a_session_is_found_by_its_tokens(accounts: AllAccounts) -> None:
    session = await started(accounts)

    async with accounts.transaction() as tx:
        assert await tx.sessions.get(session.id, owner=session.user_id) == session
        assert await tx.sessions.get(WORLD.ids.uuid7(), owner=session.user_id) is None
        assert await tx.sessions.get(session.id, owner=WORLD.ids.uuid7()) is None
        found = await tx.sessions.lock_by_token(digest("token-0"))
        assert await tx.sessions.lock_by_token(digest("token-1")) is None
    assert found is not None
    assert found.session == session
    assert (found.token.generation, found.token.used_at, found.successor_used) == (0, None, False)


async def test_a_rotation_marks_the_token_and_adds_its_successor(accounts: AllAccounts) -> None:
    session = await started(accounts)
    later = NOW + timedelta(minutes=5)

    for at, (parent, next_) in enumerate([("token-0", "token-1"), ("token-1", "token-2")]):
        async with accounts.transaction() as tx:
            found = await tx.sessions.lock_by_token(digest(parent))
            assert found is not None
            await tx.sessions.rotate(session.used(at=later), found.token, child(found.token, next_, at=later))
            first = await tx.sessions.lock_by_token(digest("token-0"))
        assert first is not None
        assert first.token.used_at == later
        assert first.successor_used is (at == 1)
        assert first.session == replace(session, idle_until=later + timedelta(days=14))
    live = [fact["live"] for fact in await facts(accounts, "refresh_token")]
    assert sorted(live) == [False, False, True]


async def test_a_session_ends_once(accounts: AllAccounts) -> None:
    session = await started(accounts)

    async with accounts.transaction() as tx:
        assert not await tx.sessions.end(session.id, owner=WORLD.ids.uuid7(), at=NOW - timedelta(hours=1))
        assert await tx.sessions.end(session.id, owner=session.user_id, at=NOW)
        assert not await tx.sessions.end(session.id, owner=session.user_id, at=NOW + timedelta(hours=1))
        assert not await tx.sessions.end(WORLD.ids.uuid7(), owner=session.user_id, at=NOW)

    async with accounts.transaction() as tx:
        ended = await tx.sessions.get(session.id, owner=session.user_id)
    assert ended is not None
    assert ended.ended_at == NOW
    assert [fact["live"] for fact in await facts(accounts, "refresh_token")] == [False]


async def test_fifty_refreshes_at_once_get_one_answer_and_the_next_theft_is_seen(accounts: AllAccounts) -> None:
    session = await started(accounts, token="first")
    refresh = RefreshSession(accounts, TOKENS, b"k" * 32, 1000)

    answers = await asyncio.gather(*(refresh(refresh_token="first") for _ in range(50)))

    [second] = {each.refresh_token for each in answers}
    assert len([fact for fact in await facts(accounts, "refresh_token") if fact["live"]]) == 1
    await refresh(refresh_token=second)
    with pytest.raises(SessionEnded):
        await refresh(refresh_token="first")
    async with accounts.transaction() as tx:
        user = await tx.users.get(session.user_id)
    assert user is not None
    assert user.session_version == 2
    assert [fact for fact in await facts(accounts, "refresh_token") if fact["live"]] == []


async def test_refreshes_by_two_processes_get_one_answer(accounts: AllAccounts) -> None:
    await started(accounts, token="first")
    processes = [RefreshSession(accounts, TOKENS, b"k" * 32, 1000) for _ in range(8)]

    answers = await asyncio.gather(*(process(refresh_token="first") for process in processes))

    assert len({each.refresh_token for each in answers}) == 1


async def test_cleaning_takes_what_is_over_and_nothing_else(accounts: AllAccounts) -> None:
    live = await started(accounts, token="live")
    idle = await started(accounts, at=NOW - timedelta(days=15), token="idle")
    ended = await started(accounts, token="ended")
    keeper, loser = await added(accounts), await added(accounts, a_user("bob@example.com"))
    async with accounts.transaction() as tx:
        await tx.sessions.end(ended.id, owner=ended.user_id, at=NOW)
        await tx.verifications.replace(Verification(digest("good"), keeper.id, NOW + timedelta(hours=1)))
        await tx.verifications.replace(Verification(digest("old"), loser.id, NOW - timedelta(hours=1)))

    assert await accounts.clean() == 3
    assert await accounts.clean() == 0

    async with accounts.transaction() as tx:
        assert await tx.sessions.get(live.id, owner=live.user_id) == live
        assert await tx.sessions.get(idle.id, owner=idle.user_id) is None
        assert await tx.sessions.lock_by_token(digest("idle")) is None
        assert await tx.verifications.owner(digest("good")) == keeper.id
        assert await tx.verifications.owner(digest("old")) is None
    assert {fact["family"] for fact in await facts(accounts, "refresh_token")} == {str(live.id)}


async def test_facts_name_every_user_once(accounts: AllAccounts) -> None:
    user = await added(accounts, a_user(verified_at=NOW, roles=frozenset({Role.SUPPORT, Role.ADMIN})))

    assert await facts(accounts, "user") == [
        {"kind": "user", "id": str(user.id), "verified": True, "roles": ["admin", "support"]}
    ]
    assert UUID((await facts(accounts, "user"))[0]["id"]) == user.id


async def test_the_store_tells_the_time(accounts: AllAccounts) -> None:
    async with accounts.transaction() as tx:
        found = await tx.now()

    assert found.tzinfo is not None
    assert abs(found - datetime.now(UTC)) < timedelta(minutes=1)


async def test_admins_whose_account_is_closed_are_not_counted(accounts: AllAccounts) -> None:
    boss = await added(accounts, a_user("boss@example.com", roles=frozenset({Role.ADMIN})))

    async with accounts.transaction() as tx:
        await tx.users.save(boss.disable(reason="left", at=NOW))
    async with accounts.transaction() as tx:
        assert await tx.users.admins() == 0


async def test_a_reset_is_no_verification_and_a_verification_no_reset(accounts: AllAccounts) -> None:
    user = await added(accounts)

    async with accounts.transaction() as tx:
        await tx.verifications.replace(Verification(digest("v"), user.id, NOW + timedelta(hours=1)))
        await tx.resets.replace(Verification(digest("r"), user.id, NOW + timedelta(hours=1)))
    async with accounts.transaction() as tx:
        assert not await tx.resets.take(digest("v"))
        assert not await tx.verifications.take(digest("r"))
        assert await tx.resets.owner(digest("r")) == user.id
        assert await tx.resets.take(digest("r"))
        assert await tx.verifications.take(digest("v"))


async def test_expired_resets_are_cleaned_up(accounts: AllAccounts) -> None:
    good, old = await added(accounts), await added(accounts, a_user("bob@example.com"))
    async with accounts.transaction() as tx:
        await tx.resets.replace(Verification(digest("good"), good.id, NOW + timedelta(hours=1)))
        await tx.resets.replace(Verification(digest("old"), old.id, NOW - timedelta(hours=1)))

    assert await accounts.clean() == 1

    async with accounts.transaction() as tx:
        assert await tx.resets.owner(digest("good")) == good.id
        assert await tx.resets.owner(digest("old")) is None


async def test_the_living_sessions_of_a_user_come_the_youngest_first(accounts: AllAccounts) -> None:
    user, other = await added(accounts), await started(accounts, token="other")
    mine: list[Session] = []
    async with accounts.transaction() as tx:
        for n, at in enumerate([NOW, NOW, NOW - timedelta(days=15), NOW - timedelta(days=91), NOW]):
            session = Session.start(id_=WORLD.ids.uuid7(), user_id=user.id, device="a browser", at=at)
            token = RefreshToken(digest=digest(f"t{n}"), family=session.id, generation=0, parent=None, issued_at=at)
            await tx.sessions.start(session, token)
            mine.append(session)
        await tx.sessions.end(mine[4].id, owner=mine[4].user_id, at=NOW)

    async with accounts.transaction() as tx:
        assert await tx.sessions.live_of(user.id, at=NOW, before=None, limit=10) == [mine[1], mine[0]]
        assert await tx.sessions.live_of(user.id, at=NOW, before=None, limit=1) == [mine[1]]
        assert await tx.sessions.live_of(user.id, at=NOW, before=mine[1].id, limit=10) == [mine[0]]
        assert await tx.sessions.live_of(other.user_id, at=NOW, before=None, limit=10) == [other]


async def test_all_sessions_of_a_user_but_one_end_once(accounts: AllAccounts) -> None:
    first = await started(accounts, token="first")
    other = await started(accounts, token="other")
    async with accounts.transaction() as tx:
        second = Session.start(id_=WORLD.ids.uuid7(), user_id=first.user_id, device="", at=NOW)
        token = RefreshToken(digest=digest("second"), family=second.id, generation=0, parent=None, issued_at=NOW)
        await tx.sessions.start(second, token)

    async with accounts.transaction() as tx:
        assert await tx.sessions.end_all(first.user_id, at=NOW, but=second.id) == [first.id]
        assert await tx.sessions.end_all(first.user_id, at=NOW) == [second.id]
        assert await tx.sessions.end_all(first.user_id, at=NOW) == []
        assert not await tx.sessions.end(second.id, owner=second.user_id, at=NOW)
        assert await tx.sessions.end(other.id, owner=other.user_id, at=NOW)


async def test_a_token_tells_whose_it_is_and_when_its_session_asked_for_so_many(accounts: AllAccounts) -> None:
    session = await started(accounts)
    for n in range(3):
        async with accounts.transaction() as tx:
            found = await tx.sessions.lock_by_token(digest(f"token-{n}"))
            assert found is not None
            at = NOW + timedelta(minutes=n + 1)
            await tx.sessions.rotate(session.used(at=at), found.token, child(found.token, f"token-{n + 1}", at=at))

    async with accounts.transaction() as tx:
        assert await tx.sessions.owner(digest("token-3")) == session.user_id
        assert await tx.sessions.owner(digest("nobody's")) is None
        found = {back: await tx.sessions.lock_by_token(digest("token-3"), back=back) for back in (1, 3, 4, 5)}
    assert {back: each.earlier for back, each in found.items() if each is not None} == {
        1: NOW + timedelta(minutes=3),
        3: NOW + timedelta(minutes=1),
        4: NOW,
        5: None,
    }


async def test_an_address_book_is_read_back_as_it_was_saved(accounts: AllAccounts) -> None:
    user, other = await added(accounts), await added(accounts, a_user("bob@example.com"))
    home = Address("Ada", "Example Street 1", "2nd floor", "Berlin", "10115", "DE", "+49 30 123456")
    work = Address("Ada", "Another Street 2", None, "Bern", "3000", "CH", None)
    first, second = WORLD.ids.uuid7(), WORLD.ids.uuid7()
    book = AddressBook().add(first, home, default=False).add(second, work, default=True)

    async with accounts.transaction() as tx:
        assert await tx.addresses.book(user.id) == AddressBook()
        await tx.addresses.save(user.id, book)
    async with accounts.transaction() as tx:
        assert await tx.addresses.book(user.id) == book
        assert await tx.addresses.book(other.id) == AddressBook()
        await tx.addresses.save(user.id, book.remove(second))
        assert await tx.addresses.book(user.id) == AddressBook().add(first, home, default=True)
        await tx.addresses.save(user.id, AddressBook())
        assert await tx.addresses.book(user.id) == AddressBook()


async def test_of_many_addresses_added_at_once_all_are_kept_and_one_is_the_default(accounts: AllAccounts) -> None:
    user = await added(accounts)
    add = AddAddress(accounts, WORLD)
    home = Address("Ada", "Example Street 1", None, "Berlin", "10115", "DE", None)

    await asyncio.gather(*(add(user_id=user.id, address=home, default=True) for _ in range(8)))

    async with accounts.transaction() as tx:
        book = await tx.addresses.book(user.id)
    assert len(book.entries) == 8
    assert sum(each.default for each in book.entries) == 1


async def test_everybody_is_listed_the_newest_first_page_by_page(accounts: AllAccounts) -> None:
    users = [await added(accounts, a_user(f"user-{number}@example.com")) for number in range(3)]

    async with accounts.transaction() as tx:
        first = await tx.users.newest(before=None, limit=2)
        rest = await tx.users.newest(before=first[-1].id, limit=2)

    assert [*first, *rest] == sorted(users, key=lambda user: user.id, reverse=True)
