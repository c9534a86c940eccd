"""One server of ours as a process: started, waited for, stopped or killed whole."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sandbox.process_table import children_of, still_running
from sandbox.watcher import watcher

START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
LOG_TAIL_LINES = 15


class ServerError(RuntimeError):
    """A server did not start; the message ends with the end of its log."""


class ServerProcess:
    """A server in a session of its own, writing to a log file.

    The session keeps the terminal's Ctrl-C away from it: it must outlive the processes that use it.
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs, else None."""
        running = self._popen is not None and self._popen.poll() is None
        return self._popen.pid if self._popen and running else None

    def start(
        self,
        command: Sequence[str],
        ready: Callable[[], bool],
        account: pwd.struct_passwd | None = None,
    ) -> None:
        """Run the command until `ready` says yes; raises ServerError when it ends or hangs before that.

        With an account (root only), the server runs as that user and group.
        """
        if self.pid is not None:
            raise ServerError(f"{self.name} runs already.")
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603 - the wheels' programs, with arguments of ours
                command,
                cwd=self.log.parent,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        watcher.add(self._popen.pid)
        try:
            self._wait_until(ready)
        except BaseException:
            self.kill()
            raise

    def stop(self, ask: signal.Signals) -> None:
        """Ask the server to end; kill it when it takes longer than STOP_SECONDS."""
        if self._popen is None:
            return
        self._popen.send_signal(ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the server and all its children at once, as a power cut would; returns when they are gone."""
        if self._popen is None:
            return
        children: set[int] = set()
        if self._popen.poll() is None:
            # Stopped first, it cannot start another child while we look. Its children are counted by parent,
            # because PostgreSQL gives each a process group of its own.
            self._popen.send_signal(signal.SIGSTOP)
            children = children_of(self._popen.pid)
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._popen.kill()
        self._popen.wait()
        watcher.discard(self._popen.pid)
        self._popen = None
        _wait_for_the_end_of(children)

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.pid is None:
                raise ServerError(f"{self.name} ended while starting. {self._log_tail()}")
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.name} was not ready after {START_SECONDS:.0f} s. {self._log_tail()}"
                )
            time.sleep(POLL_SECONDS)

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n  ".join(["The end of its log:", *lines])


def _wait_for_the_end_of(pids: set[int]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while still_running(pids) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
