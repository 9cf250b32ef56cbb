import asyncio
import threading

import pytest
from chassis.world import World
from user_service.adapters.argon2_hasher import Argon2Hasher
from user_service.domain.user import Credential
from user_service.ports import HashingBusy

OLD, NEW = b"o" * 32, b"n" * 32


def hasher(*, pepper: str = "1", cores: int = 2) -> Argon2Hasher:
    return Argon2Hasher({"1": OLD, "2": NEW}, pepper, world=World(), cores=cores)


async def test_a_hash_says_how_it_was_made() -> None:
    made = await hasher().hash("secret")

    assert made.hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert made.pepper_id == "1"


async def test_the_password_matches_and_another_does_not() -> None:
    made = await hasher().hash("secret")

    assert (await hasher().check("secret", made)).matches
    assert not (await hasher().check("Secret", made)).matches


async def test_without_the_pepper_the_hash_is_worth_nothing() -> None:
    made = await hasher().hash("secret")

    assert not (await hasher().check("secret", Credential(made.hash, "2"))).matches


async def test_an_older_pepper_still_matches_and_is_outdated() -> None:
    made = await hasher(pepper="1").hash("secret")

    assert not (await hasher(pepper="1").check("secret", made)).outdated
    found = await hasher(pepper="2").check("secret", made)
    assert (found.matches, found.outdated) == (True, True)


async def test_nobody_has_the_hash_of_nothing_at_the_same_cost() -> None:
    subject = hasher()

    assert not (await subject.check("secret", None)).matches
    assert subject._nobody.hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_no_more_run_at_once_than_there_are_cores_and_the_rest_is_sent_away() -> None:
    subject = hasher(cores=2)
    running, most, gate = 0, 0, threading.Event()

    def work() -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        gate.wait(5)
        running -= 1
        return True

    tasks = [asyncio.ensure_future(subject._slowly(work)) for _ in range(2 + 20)]
    await asyncio.sleep(0)
    with pytest.raises(HashingBusy):
        await subject._slowly(work)
    gate.set()

    assert await asyncio.gather(*tasks) == [True] * 22
    assert most == 2
