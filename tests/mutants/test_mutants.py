"""Each promise is broken on purpose, one at a time, and the test that stands for it must notice."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from testkit.evidence import Evidence

from tests.mutants.register import DUTIES, MUTANTS, PATCHES, SCARS, SIMULATION, patch_of
from tests.mutants.tree import ROOT, applies, copied, sources
from tests.mutants.trial import try_

SAMPLE = 5
SEED = os.environ.get("MERCATO_SEED", "7")


def chosen() -> list[str]:
    """MERCATO_MUTANTS: `all` of them, or so many; which ones, MERCATO_SEED says."""
    wanted = os.environ.get("MERCATO_MUTANTS", str(SAMPLE))
    return sorted(MUTANTS) if wanted == "all" else sorted(Random(SEED).sample(sorted(MUTANTS), int(wanted)))


def simulated() -> list[str]:
    """Those of the chosen that the simulation must find beside the test that names them."""
    return [name for name in chosen() if MUTANTS[name].simulated]


def test_every_patch_is_registered_and_everything_registered_is_a_patch() -> None:
    assert sorted(each.stem for each in PATCHES.iterdir()) == sorted(MUTANTS)


def test_every_duty_and_every_scar_has_its_mutant() -> None:
    assert set(DUTIES) == {each.duty for each in MUTANTS.values() if each.duty}
    assert set(SCARS) == {each.scar for each in MUTANTS.values() if each.scar}


@pytest.mark.parametrize("scar", SCARS)
def test_a_scar_is_seen_red_by_a_test_of_its_own(scar: str) -> None:
    found = [each.killed_by for each in MUTANTS.values() if each.scar == scar]
    assert [each for each in found if each.startswith("tests/scars/")]


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_the_patch_applies_to_what_ships(name: str) -> None:
    applies(patch_of(name))
    touched = [line[6:] for line in patch_of(name).read_text().splitlines() if line.startswith("+++ ")]

    assert touched
    assert [each for each in touched if "/src/" not in each and "/migrations/" not in each] == []


def test_every_test_that_is_named_is_there() -> None:
    named = sorted({each.killed_by for each in MUTANTS.values()})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", *named]

    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout[-4000:]


def test_a_copy_knows_no_other_source(tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    packages = [
        each.name for source in sources(tree.root) for each in source.iterdir() if (each / "__init__.py").exists()
    ]
    ask = "import importlib.util as u, sys; print(*(u.find_spec(each).origin for each in sys.argv[1:]), sep='\\n')"

    told = subprocess.run([str(tree.python), "-c", ask, *packages], capture_output=True, text=True, check=True, env={})

    assert len(packages) >= 12
    assert [each for each in told.stdout.split() if not Path(each).is_relative_to(tree.root)] == []


def test_on_the_source_as_it_is_the_same_tests_pass(stores: Mapping[str, str], tmp_path: Path) -> None:
    """In a copy, on the same stores: nothing but the patch is what they fail on."""
    tree, tests = copied(tmp_path / "tree"), sorted({MUTANTS[name].killed_by for name in chosen()})

    outcome = try_(tree, *tests, stores=stores)

    assert outcome.status == 0, outcome.said[-4000:]


@pytest.mark.parametrize("name", chosen())
def test_the_mutant_is_killed_by_the_test_that_names_it(
    name: str, stores: Mapping[str, str], tmp_path: Path, evidence: Evidence
) -> None:
    evidence("M", trials=1, unit="mutants")
    tree = copied(tmp_path / "tree")
    tree.apply(patch_of(name))

    outcome = try_(tree, MUTANTS[name].killed_by, stores=stores)

    print(f"{name} ({SEED}): {outcome.failures}")
    assert outcome.killed, f"{MUTANTS[name].killed_by} lets {name} live:\n{outcome.said[-4000:]}"


def test_the_simulation_is_held_to_at_least_ten_mutants() -> None:
    held = [name for name, each in MUTANTS.items() if each.simulated or each.killed_by == SIMULATION]

    assert len(held) >= 10


@pytest.mark.parametrize("name", simulated())
def test_the_simulation_finds_the_mutant(name: str, stores: Mapping[str, str], tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    tree.apply(patch_of(name))

    outcome = try_(tree, SIMULATION, stores=stores)

    print(f"{name} ({SEED}): {outcome.failures}")
    assert outcome.killed, f"the simulation lets {name} live:\n{outcome.said[-4000:]}"
