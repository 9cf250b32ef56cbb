"""The stand-ins keep what compose uses of the official images, locked up in the same way."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .engine import container, docker, look, run, until

PASSWORD = "of this test alone"
KINDS = ("python", "postgres", "mongo", "rabbitmq", "valkey", "envoy", "prometheus", "alertmanager")


def standin(kind: str) -> str:
    return f"mercato-offline/{kind}:local"


@pytest.fixture(autouse=True, scope="module")
def standins() -> None:
    if docker("image", "inspect", standin("python"), check=False).returncode:
        pytest.fail("no stand-ins here: make images-offline")


@pytest.fixture
def secrets() -> Iterator[tuple[str, ...]]:
    """A folder with what compose would hand over, for other users too, as options for `docker run`."""
    with tempfile.TemporaryDirectory(prefix="mercato-secrets-") as folder:
        here = Path(folder)
        (here / "password").write_text(PASSWORD)
        (here / "key").write_text("a" * 64)
        (here / "10.conf").write_text("default_user = boss\ndefault_pass = of-this-test\n")
        here.chmod(0o755)
        yield ("--volume", f"{here}:/run/secrets:ro")


def comes_up(name: str, *command: str) -> None:
    """Returns when this command succeeds in there."""
    until(lambda: docker("exec", name, *command, check=False).returncode == 0, of=name, what=f"{command[0]} succeeds")


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_the_version_of_what_is_inside_and_keeps_nothing_of_the_machine(kind: str) -> None:
    tags = look(standin(kind), '{{join .RepoTags " "}}').split()

    assert any(re.search(r":\d+\.\d+", each) for each in tags)
    ran = run(
        standin(kind),
        "-c",
        "ls /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*_*",
        options=("--entrypoint", "bash"),
    )
    assert ran.stdout == ""


@pytest.mark.parametrize("kind", ["postgres", "mongo", "rabbitmq", "valkey"])
def test_a_store_is_never_root(kind: str) -> None:
    assert look(standin(kind), "{{.Config.User}}") == "999:999"


def test_postgres(secrets: tuple[str, ...]) -> None:
    options = (
        *secrets,
        *("--env", "POSTGRES_PASSWORD_FILE=/run/secrets/password", "--env", "POSTGRES_USER=boss"),
        *("--tmpfs", "/var/run/postgresql:mode=1777"),
    )
    asked = ("psql", "-qtA", f"host=127.0.0.1 user=boss password='{PASSWORD}' dbname=boss", "-c", "SHOW work_mem")
    with container(standin("postgres"), "postgres", "-c", "work_mem=5MB", options=options) as name:
        comes_up(name, *asked)
        assert docker("exec", name, *asked).stdout == "5MB\n"

        docker("restart", name)
        comes_up(name, *asked)
        wrong = docker("exec", name, "psql", "host=127.0.0.1 user=boss password=no", "-c", "SELECT 1", check=False)
        assert "password authentication failed" in wrong.stderr


def test_mongo(secrets: tuple[str, ...]) -> None:
    server = "exec docker-entrypoint.sh mongod --replSet rs0 --keyFile /tmp/key --bind_ip_all"
    command = ("bash", "-c", f"install -m 400 /run/secrets/key /tmp/key && {server}")
    root = (
        "--env",
        "MONGO_INITDB_ROOT_USERNAME=boss",
        "--env",
        "MONGO_INITDB_ROOT_PASSWORD_FILE=/run/secrets/password",
    )
    ping = ("mongosh", "--quiet", "-u", "boss", "-p", PASSWORD, "--eval", 'db.adminCommand("ping").ok')
    with container(standin("mongo"), *command, options=(*secrets, *root)) as name:
        comes_up(name, *ping)

        docker("restart", name)
        comes_up(name, *ping)
        wrong = docker("exec", name, "mongosh", "-u", "boss", "-p", "no", "--eval", "db.hello().ok", check=False)
        assert "Authentication failed" in wrong.stderr
        unknown = docker("exec", name, "mongosh", "--eval", "rs.status()", check=False)
        assert unknown.returncode == 2


def test_rabbitmq(secrets: tuple[str, ...]) -> None:
    options = (*secrets, "--env", "RABBITMQ_CONFIG_FILES=/run/secrets/*.conf", "--hostname", "rabbitmq")
    ask = ("bash", "-c", "</dev/tcp/127.0.0.1/5672 && </dev/tcp/127.0.0.1/15672")
    with container(standin("rabbitmq"), options=options) as name:
        comes_up(name, *ask)
        assert "boss" in docker("exec", name, "rabbitmqctl", "-q", "list_users").stdout

        docker("restart", name)
        comes_up(name, *ask)


def test_valkey() -> None:
    command = ("valkey-server", "--save", "", "--maxmemory", "64mb")
    with container(standin("valkey"), *command, options=("--tmpfs", "/data:mode=1777")) as name:
        comes_up(name, "valkey-cli", "ping")
        assert docker("exec", name, "valkey-cli", "config", "get", "maxmemory").stdout.split()[1] == "67108864"


def test_envoy() -> None:
    assert "1." in run(standin("envoy"), "envoy", "--version").stdout
