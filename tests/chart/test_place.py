"""The gateway of the chart reads the place that the chart writes, and Envoy accepts what comes of it."""

import subprocess
from pathlib import Path

import pytest
import yaml
from gateway.__main__ import main
from gateway.place import Place, read_place
from gateway.process import binary

from tests.chart.conftest import ENVIRONMENTS, Render


@pytest.fixture
def place_of(render: Render, tmp_path: Path) -> "PlaceOf":
    return PlaceOf(render, tmp_path)


class PlaceOf:
    def __init__(self, render: Render, folder: Path) -> None:
        self._render, self._folder = render, folder

    def __call__(self, environment: str, /, **values: object) -> tuple[Path, Place]:
        told = self._render(environment, **values).one("ConfigMap", "shop-gateway")["data"]["place.yaml"]
        file = self._folder / "place.yaml"
        file.write_text(told)
        return file, read_place(str(file))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_envoy_accepts_what_comes_of_it(environment: str, place_of: PlaceOf, tmp_path: Path) -> None:
    file, _ = place_of(environment)
    # Envoy reads its routes from the folder that the place names; here that is one of the test's.
    folders = {"folder": str(tmp_path / "envoy"), "cache_folder": str(tmp_path / "cache")}
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | folders))

    assert main(["render", "--for", str(file), "--out", str(tmp_path / "envoy")]) == 0

    (tmp_path / "cache").mkdir()
    command = [binary(), "--mode", "validate", "-c", str(tmp_path / "envoy/envoy.yaml"), "--log-level", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_development_door_is_routed_only_where_it_is_open(environment: str, place_of: PlaceOf) -> None:
    _, place = place_of(environment)

    assert (place.door is not None) == (environment in ("ci", "dev"))


def test_limits_hops_and_origins_are_the_values(place_of: PlaceOf) -> None:
    _, place = place_of("prod", gateway__origins=["https://app.example"], gateway__limits=2)

    assert place.public.trusted_hops == 1
    assert place.limits == 2
    assert place.origins == ("https://app.example",)
    assert str(place.collector) == "otel-collector.monitoring:4318"


def test_without_anybody_to_tell_no_spans_are_made(place_of: PlaceOf) -> None:
    assert place_of("default")[1].collector is None
