"""A copy of the source that may be broken, with an interpreter that knows no other source of ours."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MINE = shutil.ignore_patterns(
    *(".git", ".venv", ".run", ".hypothesis", ".ruff_cache", ".pytest_cache", ".import_linter_cache", "reports")
)
"""What a checkout has that is not its source."""


@dataclass(frozen=True, slots=True)
class Tree:
    root: Path

    @property
    def python(self) -> Path:
        """Every process that it starts, and that those start, imports from this copy, whatever its environment says."""
        return self.root / ".venv" / "bin" / "python"

    def apply(self, patch: Path) -> None:
        """Raises AssertionError when it does not apply."""
        _git_apply(self.root, patch)


def copied(to: Path) -> Tree:
    """Times of files are kept, so that what Python has compiled is not compiled again."""
    shutil.copytree(ROOT, to, ignore=MINE)
    tree = Tree(to)
    _make_interpreter(tree)
    return tree


def applies(patch: Path) -> None:
    """Raises AssertionError when it no longer applies to the source as it is."""
    _git_apply(ROOT, patch, "--check")


def sources(root: Path) -> list[Path]:
    """Where our packages lie."""
    return sorted([*root.glob("*/src"), *root.glob("*/*/src")])


def _make_interpreter(tree: Tree) -> None:
    """A virtual environment whose packages are this copy's and then those that are installed here."""
    packages = tree.python.parents[1] / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    packages.mkdir(parents=True)
    installed = sysconfig.get_path("purelib")
    lines = [*map(str, sources(tree.root)), f"import site; site.addsitedir({installed!r})"]
    (packages / "mercato.pth").write_text("\n".join(lines) + "\n")
    base = Path(sys._base_executable)  # type: ignore[attr-defined] # what `venv` itself asks: no stub names it
    (tree.python.parents[1] / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    tree.python.parent.mkdir()
    tree.python.symlink_to(base)


def _git_apply(where: Path, patch: Path, *options: str) -> None:
    # A copy is no repository: git must not find one above it, or it would leave out what lies beside that one's files.
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(where.parent)}
    command = ["git", "apply", *options, str(patch)]
    done = subprocess.run(command, cwd=where, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{patch.name} does not apply: {done.stderr}"
