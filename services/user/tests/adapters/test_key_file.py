"""Keys on disk, read by a process that goes on running; and ten rotations under the eyes of many verifiers."""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from chassis.auth import KeyRing as Verifiers
from chassis.auth import NotSignedIn, TokenVerifier
from chassis.world import World
from user_service.adapters.access_tokens import Es256Tokens
from user_service.adapters.key_file import KeyFile, read_ring, write_ring
from user_service.cli import step_on
from user_service.domain.signing_keys import KeyRing
from user_service.domain.user import User

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ADA = User(id=World().ids.uuid7(), email="ada@example.com", name="Ada", locale="en", created_at=NOON)
MINUTE = 60
ROTATIONS = 10


@dataclass
class Clock:
    """Time that the test moves: for keys. Tokens are issued by the wall clock, because they are verified by it."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Shop:
    """A user service that signs with the keys of a file, and services that verify what it signs."""

    file: Path
    clock: Clock
    tokens: Es256Tokens
    verifiers: list[Callable[[str], Awaitable[Any]]] = field(default_factory=list)
    alive: list[tuple[datetime, str]] = field(default_factory=list)
    verified: int = 0

    async def a_minute(self) -> None:
        """Everybody verifies every token of the last five minutes and a half, all at once."""
        self.clock.time += timedelta(minutes=1)
        self.alive.append((self.clock.time, self.tokens.issue(ADA, World().ids.uuid7())))
        self.alive = [each for each in self.alive if self.clock.time - each[0] <= timedelta(seconds=330)]
        tokens = [token for _, token in self.alive]
        await asyncio.gather(*(verify(token) for token in tokens for verify in self.verifiers))
        self.verified += len(tokens) * len(self.verifiers)

    async def pass_minutes(self, count: int) -> None:
        for _ in range(count):
            await self.a_minute()

    def step(self, step: str) -> None:
        write_ring(self.file, step_on(read_ring(self.file), step, now=self.clock.time))


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    file, clock = tmp_path / "signing_keys", Clock()
    write_ring(file, step_on(KeyRing(), "publish", now=clock.time))
    keys = KeyFile(file, World(clock=clock))

    def ring() -> KeyRing:
        # Published by the clock of the keys, issued by the clock on the wall.
        found = keys.ring()
        return KeyRing(tuple(each for each in found.keys if each.published(at=clock.time)))

    shop = Shop(file, clock, Es256Tokens(ring, World()))

    async def fetch() -> Any:
        await asyncio.sleep(0)
        return shop.tokens.jwks()

    for _ in range(8):  # each fetches at its own time
        shop.verifiers.append(TokenVerifier(Verifiers(fetch, World(clock=clock))))
        await shop.a_minute()
    return shop


async def test_ten_rotations_refuse_no_valid_token(shop: Shop) -> None:
    signed_with = set()

    for _ in range(ROTATIONS):
        shop.step("publish")
        await shop.pass_minutes(15)
        shop.step("promote")
        await shop.pass_minutes(15)
        shop.step("retire")
        signed_with.add(jwt.get_unverified_header(shop.tokens.issue(ADA, ADA.id))["kid"])

    print(f"{shop.verified} verifications, {ROTATIONS} rotations")
    assert len(signed_with) == ROTATIONS
    assert len(read_ring(shop.file).keys) == 1


async def test_a_key_that_signs_before_everybody_knows_it_is_refused_by_somebody(shop: Shop) -> None:
    for _ in range(2):  # unknown keys are asked for every ten seconds at most
        write_ring(shop.file, step_on(KeyRing(), "publish", now=shop.clock.time))
        shop.clock.time += timedelta(seconds=5)
        token = shop.tokens.issue(ADA, ADA.id)
        answers = await asyncio.gather(*(verify(token) for verify in shop.verifiers), return_exceptions=True)

    assert any(isinstance(each, NotSignedIn) for each in answers)


async def test_a_retired_key_is_refused_after_its_time_whether_it_was_forgotten_or_not(shop: Shop) -> None:
    old = shop.tokens.issue(ADA, ADA.id)
    shop.step("publish")
    await shop.pass_minutes(15)
    shop.step("promote")
    await shop.pass_minutes(14)
    await asyncio.gather(*(verify(old) for verify in shop.verifiers))

    await shop.pass_minutes(1 + 6)  # its time, and the five minutes for which everybody keeps what they fetched

    for verify in shop.verifiers:
        with pytest.raises(NotSignedIn):
            await verify(old)


def test_a_file_that_was_replaced_is_read_within_a_second(tmp_path: Path) -> None:
    file, clock = tmp_path / "signing_keys", Clock()
    write_ring(file, step_on(KeyRing(), "publish", now=NOON))
    keys = KeyFile(file, World(clock=clock))
    assert len(keys.ring().keys) == 1

    write_ring(file, step_on(read_ring(file), "publish", now=NOON))
    clock.time += timedelta(seconds=1)

    assert len(keys.ring().keys) == 2


def test_a_key_that_somebody_may_know_is_gone_when_the_file_is_begun_anew(tmp_path: Path) -> None:
    file, clock = tmp_path / "signing_keys", Clock()
    write_ring(file, step_on(KeyRing(), "publish", now=NOON))
    keys = KeyFile(file, World(clock=clock))
    [known] = keys.ring().keys

    file.unlink()
    write_ring(file, step_on(read_ring(file), "publish", now=NOON))
    clock.time += timedelta(seconds=1)

    [fresh] = keys.ring().keys
    assert fresh.kid != known.kid


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys": []}', '{"keys": [{"kid": "1"}]}'])
def test_a_file_that_is_no_ring_leaves_the_keys_as_they_were(tmp_path: Path, text: str) -> None:
    file, clock = tmp_path / "signing_keys", Clock()
    write_ring(file, step_on(KeyRing(), "publish", now=NOON))
    keys = KeyFile(file, World(clock=clock))
    known = keys.ring()

    for change in (lambda: file.unlink(), lambda: file.write_text(text)):
        change()
        clock.time += timedelta(seconds=1)
        assert keys.ring() == known


def test_a_process_without_keys_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rotate-keys --publish"):
        KeyFile(tmp_path / "signing_keys", World())


def test_the_file_is_for_its_owner_alone_and_keeps_no_private_half_of_a_retired_key(tmp_path: Path) -> None:
    file = tmp_path / "signing_keys"
    ring = step_on(KeyRing(), "publish", now=NOON)
    ring = step_on(ring, "publish", now=NOON)
    write_ring(file, step_on(ring, "promote", now=NOON + timedelta(minutes=15)))

    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert file.read_text().count("PRIVATE KEY") == 2  # the begin and the end of the one that signs
    assert [each.name for each in tmp_path.iterdir()] == ["signing_keys"]
