"""Whatever is taken away to learn what it costs is missed by the test that the table of prices names."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from tests.load.guarantees import GUARANTEES, PATCHES, Guarantee
from tests.mutants.register import MUTANTS, patch_of
from tests.mutants.test_mutants import SEED, chosen
from tests.mutants.tree import ROOT, applies, copied
from tests.mutants.trial import try_

PROMISED = {"fsync", "confirms", "outbox", "dedupe", "idempotency", "token", "traces", "argon2"}
"""What has to be in the table, by a word of its name."""


def apart() -> list[Guarantee]:
    """Those that are no mutants as well: `all` of them where all mutants are wanted, else one; which, the seed says."""
    mutants = {patch_of(name) for name in MUTANTS}
    found = [each for each in GUARANTEES if each.patch not in mutants]
    return found if len(chosen()) == len(MUTANTS) else Random(SEED).sample(found, 1)


def test_each_guarantee_has_its_price() -> None:
    assert {word for word in PROMISED if any(word in each.name for each in GUARANTEES)} == PROMISED


def test_every_patch_takes_one_guarantee_away() -> None:
    here = sorted(each.patch for each in GUARANTEES if each.patch.parent == PATCHES)

    assert here == sorted(PATCHES.iterdir())


@pytest.mark.parametrize("guarantee", GUARANTEES, ids=lambda each: each.name)
def test_it_can_be_taken_away_from_what_ships(guarantee: Guarantee) -> None:
    applies(guarantee.patch)
    touched = [line[6:] for line in guarantee.patch.read_text().splitlines() if line.startswith("+++ ")]

    assert [each for each in touched if "/src/" not in each] == []


def test_every_test_that_would_fail_is_there() -> None:
    named = sorted({each.breaks for each in GUARANTEES})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", *named]

    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout[-4000:]


def test_on_the_source_as_it_is_the_same_tests_pass(tmp_path: Path) -> None:
    """In a copy, as below: nothing but the patch is what they fail on."""
    tree, tests = copied(tmp_path / "tree"), [each.breaks for each in apart()]

    outcome = try_(tree, *tests, stores={})

    assert outcome.status == 0, outcome.said[-4000:]


@pytest.mark.parametrize("guarantee", apart(), ids=lambda each: each.name)
def test_without_it_the_named_test_fails(guarantee: Guarantee, stores: Mapping[str, str], tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    tree.apply(guarantee.patch)

    outcome = try_(tree, guarantee.breaks, stores={} if guarantee.of_the_stores else stores)

    print(f"{guarantee.name}: {outcome.failures}")
    assert outcome.killed, f"{guarantee.breaks} does not miss {guarantee.name}:\n{outcome.said[-4000:]}"
