"""What the compose files say, before anything runs: valid, exact, and one shop on official images and on stand-ins."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.compose.stack import SHOP
from tests.dev.rung import CHECKOUT

SCHEMA = "check-jsonschema==0.39.0"
FILES = [CHECKOUT / "compose.yaml", *sorted((CHECKOUT / "deploy/compose").glob("compose*.yaml"))]
RECIPE = CHECKOUT / "deploy/images/Dockerfile"
STORES = {"postgres", "mongo", "rabbitmq", "valkey"}


def config(*, bases: str = "", **told: str) -> dict[str, dict]:
    """Services, as compose has understood them."""
    environment = {**os.environ, "MERCATO_BASES": bases, **told}
    command = [str(SHOP), "config", "--format", "json"]
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    return json.loads(said.stdout)["services"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_is_valid_by_the_compose_schema(file: Path) -> None:
    command = [os.environ["UV"], "tool", "run", "--from", SCHEMA, "check-jsonschema"]
    ran = subprocess.run(
        [*command, "--builtin-schema", "vendor.compose-spec", str(file)], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_official_image_has_an_exact_version() -> None:
    images = {each["image"] for name, each in config(MERCATO_TAG="dev").items() if name in STORES}
    bases = {value for each in config().values() for value in each.get("build", {}).get("args", {}).values()}
    official = images | {each for each in bases if ":" in each}
    assert len(official) == 6
    assert [each for each in official if not re.search(r":[a-z-]*v?\d+\.\d+(\.\d+)?", each)] == []


def test_compose_builds_on_the_bases_that_the_recipe_names() -> None:
    recipe = dict(re.findall(r"^ARG (BASE|ENVOY)=(.+)$", RECIPE.read_text(), re.MULTILINE))
    told = dict(re.findall(r"^(\w+)=(.+)$", (CHECKOUT / "deploy/compose/.env").read_text(), re.MULTILINE))
    assert recipe == {"BASE": told["PYTHON_IMAGE"], "ENVOY": told["ENVOY_IMAGE"]}


def test_nothing_says_latest() -> None:
    assert [file.name for file in FILES if "latest" in file.read_text()] == []
    assert "latest" not in (CHECKOUT / "deploy/compose/.env").read_text()


def test_the_stand_ins_change_images_and_nothing_else() -> None:
    def but_for_bases(said: dict[str, dict]) -> dict[str, dict]:
        return {name: {**each, "build": None} for name, each in said.items()}

    official, offline = but_for_bases(config()), but_for_bases(config(bases="offline"))
    changed = {name for name in official if official[name] != offline[name]}
    assert changed == STORES
    for name in changed:
        ours, theirs = ({**each[name], "image": None, "pull_policy": None} for each in (official, offline))
        assert ours == theirs


def test_plain_docker_compose_reads_the_same_shop() -> None:
    """In the checkout's own folder, without a file that somebody made by hand."""
    ask = 'eval "$(scripts/docker env)" && docker compose config --format json'
    said = subprocess.run(["bash", "-c", ask], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    assert json.loads(said.stdout)["services"] == config()
