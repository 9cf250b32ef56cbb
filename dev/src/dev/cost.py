"""What a process costs, as the kernel counts it."""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
USER, SYSTEM = 11, 12
"""Where its time stands in /proc/*/stat, after the name."""


def cpu_seconds(pid: int) -> float:
    """So far, with all of its threads. Unlike the time on the wall it hardly depends on who else is at work here."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[USER]) + int(fields[SYSTEM])) / TICKS_PER_SECOND


def pss_mebibytes(pid: int) -> float:
    """Proportional set size: what is shared counts by its share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
