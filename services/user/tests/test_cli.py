import asyncio
import io
import json
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from user_service import cli
from user_service.adapters.access_tokens import read_signing_keys
from user_service.adapters.key_file import read_ring, write_ring
from user_service.domain.signing_keys import KeyRing
from user_service.settings import UserSettings
from user_service.wiring import UserService

BOOTSTRAP = ["bootstrap-admin", "--email", "Boss@Example.com", "--name", "Boss"]


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, settings: UserSettings, service: UserService) -> pytest.MonkeyPatch:
    """The command line on a service in memory."""

    @asynccontextmanager
    async def open_service(_settings: UserSettings, _world: object) -> AsyncGenerator[UserService]:
        yield service

    monkeypatch.setattr(cli, "open_service", open_service)
    monkeypatch.setattr(cli, "load", lambda _: settings)
    return monkeypatch


def type_in(console: pytest.MonkeyPatch, text: str) -> None:
    console.setattr("sys.stdin", io.StringIO(text))


def test_a_new_key_is_one_that_can_sign(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new-key"]) == 0

    assert len(read_signing_keys(capsys.readouterr().out)) == 1


def test_a_key_file_is_for_its_owner_alone_and_is_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "signing_key"

    assert cli.main(["new-key", "--file", str(file)]) == 0
    kept = file.read_text()
    assert cli.main(["new-key", "--file", str(file)]) == 1

    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert len(read_signing_keys(kept)) == 1
    assert file.read_text() == kept
    assert capsys.readouterr().out == ""


def test_the_first_admin_is_made_from_the_console(
    console: pytest.MonkeyPatch, service: UserService, capsys: pytest.CaptureFixture[str], announced
) -> None:
    type_in(console, "eleven quiet lighthouses\n")

    assert cli.main(BOOTSTRAP) == 0

    assert capsys.readouterr().out == "boss@example.com is an admin now\n"
    assert [each.type for each in announced()] == ["UserRegistered.v1", "EmailVerified.v1"]


def test_a_shop_without_anybody_gets_a_key_and_an_admin_and_keeps_them(
    console: pytest.MonkeyPatch, settings: UserSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str], announced
) -> None:
    ring, password = tmp_path / "keys.json", tmp_path / "password"
    password.write_text("eleven quiet lighthouses\n")
    console.setattr(cli, "load", lambda _: settings.model_copy(update={"signing_keys_file": ring, "signing_key": None}))
    asked = ["first", "--email", "boss@example.com", "--name", "Boss", "--password-file", str(password)]

    assert cli.main(asked) == 0
    keys, said = read_ring(ring).keys, len(announced())
    assert cli.main(asked) == 0

    assert len(keys) == 1
    assert read_ring(ring).keys == keys
    assert len(announced()) == said
    assert "boss@example.com is an admin now" in capsys.readouterr().out


def test_a_second_first_admin_is_refused_with_code_3(
    console: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], announced
) -> None:
    type_in(console, "eleven quiet lighthouses\n")
    cli.main(BOOTSTRAP)
    said = len(announced())
    type_in(console, "twelve quiet lighthouses\n")

    assert cli.main(["bootstrap-admin", "--email", "other@example.com", "--name", "Other"]) == 3

    assert "There is an admin already" in capsys.readouterr().err
    assert len(announced()) == said


@pytest.mark.parametrize(("email", "password"), [("boss@example.com", "short"), ("boss", "eleven quiet lighthouses")])
def test_a_bad_address_or_password_makes_no_admin(
    console: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], announced, email: str, password: str
) -> None:
    type_in(console, password + "\n")

    assert cli.main(["bootstrap-admin", "--email", email, "--name", "Boss"]) == 1

    assert capsys.readouterr().err != ""
    assert announced() == []


async def test_the_tables_are_made_with_the_owners_login(console: pytest.MonkeyPatch, settings, fresh_database) -> None:
    fresh = await fresh_database("user")
    urls = {"database_url": fresh.url, "database_owner_url": fresh.owner_url}
    console.setattr(cli, "load", lambda _: settings.model_copy(update=urls))

    assert await asyncio.to_thread(cli.main, ["migrate"]) == 0

    inside = await asyncpg.connect(fresh.url.replace("+asyncpg", ""))
    assert await inside.fetchval("SELECT count(*) FROM outbox") == 0
    await inside.close()


@pytest.fixture
def key_file(console: pytest.MonkeyPatch, settings: UserSettings, tmp_path: Path) -> Path:
    file = tmp_path / "signing_keys"
    console.setattr(cli, "load", lambda _: settings.model_copy(update={"signing_keys_file": file}))
    return file


def rotate(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    assert cli.main(["rotate-keys", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_keys_are_rotated_step_by_step_and_never_too_early(key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = rotate(capsys, "--publish")
    second = rotate(capsys, "--publish")

    assert [each["state"] for each in first["keys"]] == ["signing"]
    assert [each["state"] for each in second["keys"]] == ["signing", "next"]
    assert (cli.main(["rotate-keys", "--promote"]), cli.main(["rotate-keys", "--retire"])) == (4, 1)
    assert "Too early to promote the next key" in capsys.readouterr().err
    assert rotate(capsys) == {"changed": False, "keys": second["keys"]}

    let_pass(key_file, minutes=15)
    promoted = rotate(capsys, "--promote")
    assert [each["state"] for each in promoted["keys"]] == ["retired", "signing"]
    assert cli.main(["rotate-keys", "--retire"]) == 4
    let_pass(key_file, minutes=15)
    assert [each["state"] for each in rotate(capsys, "--retire")["keys"]] == ["signing"]


def let_pass(key_file: Path, *, minutes: int) -> None:
    """As if everything in the file had happened so long before."""
    ring = read_ring(key_file)
    earlier = [replace(each, since=each.since - timedelta(minutes=minutes)) for each in ring.keys]
    write_ring(key_file, KeyRing(tuple(earlier)))


def test_a_rehearsal_changes_nothing(key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rehearsed = rotate(capsys, "--publish", "--dry-run")

    assert (rehearsed["changed"], len(rehearsed["keys"])) == (False, 1)
    assert not key_file.exists()


def test_no_private_key_is_printed(key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--json"]):
        cli.main(["rotate-keys", *more])
    cli.main(["rotate-keys", "--publish"])

    assert "PRIVATE" not in capsys.readouterr().out


def test_without_a_file_there_is_nothing_to_rotate(
    console: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["rotate-keys", "--publish"]) == 1

    assert "USER_SIGNING_KEYS_FILE is not set" in capsys.readouterr().err
