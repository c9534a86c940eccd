"""One line of the Procfile as a process of its own, which can be struck by any signal."""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sandbox.environment import ROOT
from sandbox.process_table import children_of, members_of
from tests.waiting import wait_until


class Part:
    """A process that is started again when it ends, as platforms do."""

    def __init__(self, name: str, command: str, environ: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.command = shlex.split(command)
        self.environ = environ
        self.log = log
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        assert self._popen, f"{self.name} was never started"
        return self._popen.pid

    @property
    def children(self) -> set[int]:
        return children_of(self.pid)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self.command, cwd=ROOT, env=dict(self.environ), stdout=log, stderr=log, start_new_session=True
            )

    def revive(self) -> bool:
        """Start it again if it has ended; whether it had."""
        if self.runs or members_of(self.pid):
            return False
        self.start()
        return True

    def kill(self) -> None:
        """SIGKILL to it and its children, as when a machine dies."""
        group = self.pid
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        wait_until(lambda: not members_of(group), timeout=40)

    def kill_main(self) -> None:
        """SIGKILL to its main process alone: the children are orphans."""
        os.kill(self.pid, signal.SIGKILL)

    def kill_children(self) -> None:
        for pid in self.children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def ask_to_end(self) -> int:
        """SIGTERM to it and its children, as Heroku does to each process of a dyno; which group was asked."""
        group = self.pid
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
        return group

    def terminate(self) -> None:
        """Ask it to end, and wait until it has."""
        group = self.ask_to_end()
        wait_until(lambda: not members_of(group), timeout=40)
