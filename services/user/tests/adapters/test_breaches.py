import hashlib
from pathlib import Path

import pytest
from chassis.world import World
from user_service.adapters.breaches import BreachFile, BreachSet
from user_service.ports import Breaches

KNOWN = [f"known password {n}" for n in range(500)]


@pytest.fixture(params=["set", "file", "file with counts"])
def breaches(request: pytest.FixtureRequest, tmp_path: Path) -> Breaches:
    if request.param == "set":
        return BreachSet(KNOWN)
    count = ":1234" if request.param == "file with counts" else ""
    lines = sorted(hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest().upper() + count for each in KNOWN)
    path = tmp_path / "breached.txt"
    path.write_text("\r\n".join(lines) + "\r\n")
    return BreachFile(path, World())


async def test_every_known_password_is_found(breaches: Breaches) -> None:
    assert [each for each in KNOWN if not await breaches.has(each)] == []


async def test_no_other_password_is_found(breaches: Breaches) -> None:
    assert [n for n in range(500) if await breaches.has(f"my own password {n}")] == []


async def test_nothing_is_found_in_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")

    assert not await BreachFile(tmp_path / "empty.txt", World()).has("x")
