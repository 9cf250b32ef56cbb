"""What is compiled for images is the module as it was written, but for its docstrings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .engine import CHECKOUT

MODULE = '''"""Of the module."""
"Another string, which must not become one."


class Plain:
    """Nothing else."""


if True:

    def asserts(number):
        """In a block."""
        assert number > 0, "a number that is none"

        async def inner():
            """Nothing else."""

        return inner.__doc__
'''
ASKS = """
import module
docstrings = [module.__doc__, module.Plain.__doc__, module.asserts.__doc__, module.asserts(1)]
print(docstrings, module.__cached__)
module.asserts(0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "module.py").write_text(MODULE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/broken.py").write_text("print 'an old one'")
    return tmp_path


def compile_(folder: Path) -> bytes:
    command = [sys.executable, CHECKOUT / "deploy/images/compile", folder, "--below", folder, "--without", "tests"]
    subprocess.run(command, check=True, timeout=60, env={**os.environ, "PYTHONHASHSEED": "0"})
    [written] = folder.glob("__pycache__/module.*.pyc")
    return written.read_bytes()


def test_docstrings_are_gone_and_assertions_are_not(folder: Path) -> None:
    compile_(folder)

    ran = subprocess.run(
        [sys.executable, "-c", ASKS], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )

    assert ran.stdout.startswith(f"[None, None, None, None] {folder}/__pycache__/module.")
    assert "AssertionError: a number that is none" in ran.stderr
    assert 'module.py", line 13, in asserts' in ran.stderr


def test_the_same_source_makes_the_same_bytes_whenever_it_was_written(folder: Path) -> None:
    before = compile_(folder)
    os.utime(folder / "module.py", (0, 0))

    assert compile_(folder) == before


def test_a_module_that_is_not_python_is_told_and_nothing_is_left_out_quietly(folder: Path) -> None:
    (folder / "module.py").write_text("print 'an old one'")

    with pytest.raises(subprocess.CalledProcessError):
        compile_(folder)
