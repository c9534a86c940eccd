"""What runs on this machine, by parent and by process group."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A line of the process table."""

    pid: int
    parent: int
    group: int


def children_of(parent: int) -> set[int]:
    """Process ids of the running children of a process."""
    return {each.pid for each in _table() if each.parent == parent}


def members_of(group: int) -> set[int]:
    """Process ids of what still runs in a process group."""
    return {each.pid for each in _table() if each.group == group}


def still_running(pids: set[int]) -> set[int]:
    """Those of the processes that have not ended."""
    return pids & {each.pid for each in _table()}


def _table() -> list[Entry]:
    """Every process; zombies are left out, which hold nothing and may stay for ever in a container."""
    if Path("/proc/self/stat").exists():
        rows = [row for folder in Path("/proc").glob("[0-9]*") if (row := _proc_stat(folder))]
    else:
        command = ["/bin/ps", "-axo", "pid=,state=,ppid=,pgid="]
        listing = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - fixed words
        rows = [line.split() for line in listing.stdout.splitlines()]
    return [
        Entry(int(pid), int(parent), int(group))
        for pid, state, parent, group in rows
        if not state.startswith("Z")
    ]


def _proc_stat(folder: Path) -> list[str] | None:
    """`[pid, state, parent, group]` from Linux's /proc, None once the process is gone."""
    try:
        stat = (folder / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in brackets may hold spaces and brackets itself: the fields start after the last one.
    return [folder.name, *stat[stat.rindex(")") + 1 :].split()[:3]]
