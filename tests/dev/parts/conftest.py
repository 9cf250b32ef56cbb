"""Small processes to try things on."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dev.processes import Process

LASTING = "import time; time.sleep(600)"
MakeProcess = Callable[..., Process]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[MakeProcess]:
    """`process("name", code="…")`, not yet started; gone after the test."""
    made: list[Process] = []

    def make(name: str, code: str = LASTING) -> Process:
        command = (sys.executable, "-c", code)
        made.append(Process(name, command, {}, probe="http://127.0.0.1:1", log=tmp_path / f"{name}.log"))
        return made[-1]

    yield make
    for each in made:
        if each.alive:
            each.kill()
