"""A process is known by its id and its birth, and only who is known is ended."""

from dataclasses import replace
from pathlib import Path

from dev.runfile import Known, RunFile

from .conftest import MakeProcess


def test_another_process_with_the_same_id_is_not_taken_for_ours(process: MakeProcess) -> None:
    one = process("one")
    one.start()
    known = Known.now("one", one.pid)
    assert known.alive
    assert not replace(known, born=known.born - 1).alive


def test_everybody_in_the_file_is_ended_and_nobody_else(process: MakeProcess, tmp_path: Path) -> None:
    ours, foreign, stranger = process("ours"), process("foreign"), process("stranger")
    for each in (ours, foreign, stranger):
        each.start()
    file = RunFile(tmp_path / "run.json")
    reused = replace(Known.now("foreign", foreign.pid), born=1)
    file.write([Known.now("ours", ours.pid), reused], stores=tmp_path)
    assert file.end_all() == 1
    assert [each.alive for each in (ours, foreign, stranger)] == [False, True, True]
    assert not file.file.exists()
    assert file.end_all() == 0
