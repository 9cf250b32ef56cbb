"""Who guesses passwords is slowed down: at one account, from one network, and over many networks."""

import asyncio
from dataclasses import replace

import pytest
from user_service.adapters.argon2_hasher import PARAMETERS, Argon2Hasher
from user_service.domain.session import InvalidCredentials, TooManyAttempts
from user_service.wiring import in_memory, settings_for_one_run

ADA = "ada@example.com"
PASSWORD = "a walk in the deep forest"


@pytest.fixture
def service(service, world):
    """User with a hash that costs next to nothing: many guesses are made here."""
    quick = Argon2Hasher(
        {"1": b"pepper" * 6}, "1", world=world, cores=2, parameters=replace(PARAMETERS, time_cost=1, memory_cost=8)
    )
    accept = replace(service.register.accept_password, hasher=quick)
    return replace(
        service,
        sign_in=replace(service.sign_in, prove=replace(service.sign_in.prove, hasher=quick)),
        register=replace(service.register, accept_password=accept),
    )


@pytest.fixture
def attempt(service):
    """What one attempt to sign in comes to, in a word."""

    async def attempt(email: str = ADA, *, password: str = "a wrong guess", network: str = "192.0.2.0/24") -> str:
        try:
            await service.sign_in(email=email, password=password, network=network, device="")
        except InvalidCredentials:
            return "wrong"
        except TooManyAttempts as closed:
            return f"wait {closed.retry_after}"
        return "in"

    return attempt


async def close(attempt, email: str = ADA) -> None:
    """A hundred wrong guesses, each ten from a network of their own."""
    guesses = [await attempt(email, network=f"198.51.{n // 10}.0/24") for n in range(100)]
    assert guesses == ["wrong"] * 100


async def test_a_thousand_guesses_at_once_are_counted_one_by_one(attempt, verified_user) -> None:
    await verified_user()

    answers = await asyncio.gather(*(attempt() for _ in range(50)))

    assert answers.count("wrong") == 10


async def test_a_network_that_tries_one_password_on_many_accounts_may_try_once_a_minute(
    attempt, verified_user, clock
) -> None:
    await verified_user()
    for n in range(30):
        assert await attempt(f"user-{n}@example.com") == "wrong"

    assert await attempt("user-30@example.com") == "wrong"
    assert await attempt("user-31@example.com") == "wait 60"
    assert await attempt(password=PASSWORD) == "wait 60"
    clock.move(seconds=60)
    assert await attempt(password=PASSWORD) == "in"
    assert await attempt(password=PASSWORD, network="203.0.113.0/24") == "in"


async def test_a_hundred_failures_in_a_row_close_an_account_to_everybody_for_a_day(
    attempt, verified_user, clock
) -> None:
    await verified_user()
    await close(attempt)

    assert await attempt(password=PASSWORD, network="203.0.113.0/24") == "wait 86400"
    clock.move(days=1)
    assert await attempt(password=PASSWORD, network="203.0.113.0/24") == "in"


async def test_an_unknown_address_is_closed_alike(attempt) -> None:
    await close(attempt, "nobody@example.com")

    assert await attempt("nobody@example.com", network="203.0.113.0/24") == "wait 86400"


async def test_a_mail_opens_the_account_to_its_owner_again(
    service, attempt, verified_user, mailed_token, announced
) -> None:
    user = await verified_user()
    await close(attempt)
    said = len(announced())

    await service.request_verification(email=ADA)
    await service.verify_email(token=mailed_token())

    assert await attempt(password=PASSWORD, network="203.0.113.0/24") == "in"
    assert [each.type for each in announced()[said:]] == ["EmailVerificationRequested.v1", "EmailVerified.v1"]
    assert (await service.find_user(email=ADA)).verified_at == user.verified_at


async def test_a_sign_in_ends_the_row_of_failures(attempt, verified_user) -> None:
    await verified_user()
    for n in range(99):
        assert await attempt(network=f"198.51.{n // 10}.0/24") == "wrong"

    assert await attempt(password=PASSWORD) == "in"
    assert await attempt() == "wrong"
    assert await attempt(password=PASSWORD) == "in"


async def test_a_network_opens_five_accounts_an_hour(service, announced, clock) -> None:
    async def open_account(n: int) -> None:
        email = f"user-{n}@example.com"
        await service.register(email=email, name="Ada", password=PASSWORD, locale="en", network="192.0.2.0/24")

    for n in range(5):
        await open_account(n)
    said = len(announced())

    with pytest.raises(TooManyAttempts):
        await open_account(5)
    assert len(announced()) == said
    clock.move(hours=1)
    await open_account(5)
    assert len(announced()) == said + 2


async def test_where_everybody_comes_from_one_address_the_limits_are_raised(world) -> None:
    service = in_memory(settings_for_one_run(world), world)

    for n in range(7):
        email = f"user-{n}@example.com"
        await service.register(email=email, name="Ada", password=PASSWORD, locale="en", network="127.0.0.0/24")

    assert (await service.find_user(email="user-6@example.com")).name == "Ada"
