"""Passwords under pepper and argon2id, in threads, never more at once than there are cores."""

import asyncio
import base64
import hmac
from collections.abc import Callable, Mapping

from argon2 import Parameters, PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from chassis.world import World

from user_service.domain.user import Credential
from user_service.ports import Check, HashingBusy

PARAMETERS = Parameters(
    type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=19456, parallelism=1
)
QUEUE = 20


class Argon2Hasher:
    """`peppers` by version id; `pepper_id` names the one for new hashes, the others still check old ones."""

    def __init__(
        self,
        peppers: Mapping[str, bytes],
        pepper_id: str,
        *,
        world: World,
        cores: int,
        parameters: Parameters = PARAMETERS,
    ) -> None:
        self._peppers = peppers
        self._pepper_id = pepper_id
        self._world = world
        self._argon2 = PasswordHasher.from_parameters(parameters)
        self._slots = asyncio.Semaphore(cores)
        self._room = cores + QUEUE
        self._present = 0
        self._nobody = Credential(_hash_of_nothing(parameters), pepper_id)

    async def hash(self, password: str) -> Credential:
        peppered = self._peppered(password, self._pepper_id)
        return Credential(await self._slowly(lambda: self._argon2.hash(peppered)), self._pepper_id)

    async def check(self, password: str, credential: Credential | None) -> Check:
        kept = credential or self._nobody
        peppered = self._peppered(password, kept.pepper_id)
        matches = await self._slowly(lambda: self._verify(kept.hash, peppered))
        if credential is None or not matches:
            return Check(matches=False)
        outdated = kept.pepper_id != self._pepper_id or self._argon2.check_needs_rehash(kept.hash)
        return Check(matches=True, outdated=outdated)

    def _verify(self, kept: str, peppered: str) -> bool:
        try:
            return self._argon2.verify(kept, peppered)
        except (VerificationError, InvalidHashError):
            return False

    def _peppered(self, password: str, pepper_id: str) -> str:
        return base64.b64encode(hmac.digest(self._peppers[pepper_id], password.encode(), "sha256")).decode()

    async def _slowly[T](self, work: Callable[[], T]) -> T:
        if self._present >= self._room:
            raise HashingBusy
        self._present += 1
        try:
            async with self._slots:
                return await self._world.in_thread(work)
        finally:
            self._present -= 1


def _hash_of_nothing(parameters: Parameters) -> str:
    """A well-formed hash that no password has, so that an unknown user costs what a known one costs."""
    zeros = [base64.b64encode(bytes(size)).decode().rstrip("=") for size in (parameters.salt_len, parameters.hash_len)]
    costs = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return "$".join(["", "argon2id", f"v={parameters.version}", costs, *zeros])
