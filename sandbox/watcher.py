"""Ends what we started when we are killed: a process of its own that reads a pipe, which closes with us.

A kill -9 leaves no time to stop anything, and Linux alone would signal children at their parent's end.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from sandbox.process_table import children_of, members_of

WAIT_SECONDS = 5.0
ROOT = Path(__file__).parent.parent


class Watcher:
    """Knows, by process id, the sessions that are to end with us, and the folders that are to go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._popen: subprocess.Popen[bytes] | None = None

    def add(self, what: "int | Path") -> None:
        """A session's leader, or a folder."""
        self._tell("+", what)

    def discard(self, what: "int | Path") -> None:
        """It has ended, or is gone: its number may soon be another's."""
        self._tell("-", what)

    def end(self) -> None:
        """Whatever is still known ends now, which after a good end is nothing."""
        with self._lock:
            if self._popen and self._popen.stdin:
                with contextlib.suppress(OSError):
                    self._popen.stdin.close()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._popen.wait(WAIT_SECONDS)

    def _tell(self, sign: str, what: "int | Path") -> None:
        with self._lock, contextlib.suppress(OSError):  # whoever killed the watcher wants none
            if self._popen is None:
                self._popen = self._started()
            assert self._popen.stdin
            self._popen.stdin.write(f"{sign}{what}\n".encode())
            self._popen.stdin.flush()

    def _started(self) -> "subprocess.Popen[bytes]":
        atexit.register(self.end)
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox.watcher"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


watcher = Watcher()
"""Of this process."""


def watch(lines: Iterable[str]) -> None:
    """Read until the pipe closes, then end and remove what is left."""
    known: dict[str, None] = {}
    for line in lines:
        sign, what = line[0], line[1:].rstrip("\n")
        if sign == "+":
            known[what] = None
        else:
            known.pop(what, None)
    sessions = [int(what) for what in known if what.isdigit()]
    _kill(sessions)
    for what in known:
        if not what.isdigit():
            shutil.rmtree(what, ignore_errors=True)


def _kill(sessions: Iterable[int]) -> None:
    """As a power cut would: each leader, its group, and whatever descends from them."""
    fresh = {pid for leader in sessions for pid in {leader} | members_of(leader)}
    found: set[int] = set()
    while fresh:
        for pid in fresh:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGSTOP)  # first, so that it starts no other while we look
        found |= fresh
        fresh = {child for pid in fresh for child in children_of(pid)} - found
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    watch(sys.stdin)
