"""What running processes use, as Linux counts it in /proc."""

import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.process_table import children_of

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Megabytes of one process."""

    own: float
    """What nobody else has: it is free once the process ends (USS)."""
    with_share: float
    """And its share of what it has together with others (PSS): these add up."""


def is_counted() -> bool:
    """Whether this system has what is read here."""
    return (PROC / "self" / "smaps_rollup").exists()


def memory(pid: int) -> Memory:
    rollup = (PROC / str(pid) / "smaps_rollup").read_text()
    kilobytes = {name: int(size) for name, size in re.findall(r"^(\w+): +(\d+) kB", rollup, re.MULTILINE)}
    own = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return Memory(own / 1024, kilobytes["Pss"] / 1024)


def server_of(backend: int) -> set[int]:
    """The PostgreSQL server that a backend belongs to, and all its processes."""
    stat = (PROC / str(backend) / "stat").read_text()
    postmaster = int(stat[stat.rindex(")") + 1 :].split()[1])
    return {postmaster, *children_of(postmaster)}


def busy_seconds(pids: Collection[int]) -> float:
    """How long processors worked for them until now; one that has ended counts nothing."""
    ticks = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            stat = (PROC / str(pid) / "stat").read_text()
            user, system = stat[stat.rindex(")") + 1 :].split()[11:13]
            ticks += int(user) + int(system)
    return ticks / _TICKS
