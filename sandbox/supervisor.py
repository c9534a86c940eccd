"""Several commands side by side in one terminal, started and stopped stage by stage."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import IO, Self

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from sandbox.environment import ROOT
from sandbox.process_table import members_of
from sandbox.watcher import watcher

GRACE_SECONDS = 30.0  # gunicorn takes up to 20 for the requests in hand, a worker 10 for its jobs
LAST_LINES_SECONDS = 1.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Running:
    """A command under way, and the thread that relays what it prints."""

    name: str
    popen: "subprocess.Popen[bytes]"
    relay: threading.Thread

    def signal(self, signum: signal.Signals) -> None:
        """To the command and everything it started."""
        # macOS says PermissionError when only zombies are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signum)

    @property
    def has_ended(self) -> bool:
        """Whether neither the command nor anything it started is left."""
        return self.popen.poll() is not None and not members_of(self.popen.pid)


class Supervisor:
    """Runs commands until its block ends, then stops the last stage first; `hurry` ends its patience."""

    def __init__(self, hurry: Callable[[], bool]) -> None:
        self._hurry = hurry
        self._stages: list[list[Running]] = []
        self._colours = get_colours()
        self._terminal = Terminal()
        self._printer = Printer(output=self._terminal, colour="NO_COLOR" not in os.environ)
        self._printing = threading.Lock()

    def start(self, stage: Mapping[str, str], environ: Mapping[str, str]) -> None:
        """Start the commands of a stage, by name."""
        self._printer.width = max([self._printer.width, *map(len, stage)])
        self._stages.append([])
        for name, command in stage.items():
            self._stages[-1].append(self._run(name, command, environ))

    def first_ended(self) -> tuple[str, int] | None:
        """Name and exit code of a command that ended by itself, None while all run."""
        ended = (each for stage in self._stages for each in stage if each.popen.poll() is not None)
        return next(((each.name, each.popen.returncode) for each in ended), None)

    def pids(self, name: str) -> set[int]:
        """Process ids of a command and of everything it started."""
        running = [each.popen.pid for stage in self._stages for each in stage if each.name == name]
        return {pid for group in running for pid in members_of(group)}

    @property
    def is_unheard(self) -> bool:
        """Whether nobody reads what is printed: the terminal was closed, or the pipe's reader ended."""
        return self._terminal.is_closed

    def say(self, line: str) -> None:
        """A line of our own."""
        with self._printing:
            print(line, file=self._terminal, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.say("Stopping. Another Ctrl-C does not wait for work in hand.")
        for stage in reversed(self._stages):
            self._stop(stage)

    def _run(self, name: str, command: str, environ: Mapping[str, str]) -> Running:
        popen = in_a_session(command, environ)
        relay = threading.Thread(
            target=self._relay, args=(name, next(self._colours), popen.stdout), daemon=True
        )
        relay.start()
        return Running(name, popen, relay)

    def _relay(self, name: str, colour: str, output: IO[bytes]) -> None:
        for line in output:
            with self._printing:
                self._printer.write(Message("line", line, datetime.now().astimezone(), name, colour))

    def _stop(self, stage: list[Running]) -> None:
        for each in stage:
            each.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while not all(each.has_ended for each in stage) and time.monotonic() < deadline and not self._hurry():
            time.sleep(POLL_SECONDS)
        for each in stage:
            each.signal(signal.SIGKILL)
            each.popen.wait()
            watcher.discard(each.popen.pid)
            each.relay.join(LAST_LINES_SECONDS)


def in_a_session(command: str, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a line of the Procfile in a session of its own: Ctrl-C reaches us alone, who know the order."""
    popen = subprocess.Popen(  # noqa: S602 - a line of the Procfile is a shell command
        command,
        shell=True,
        cwd=ROOT,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    watcher.add(popen.pid)
    return popen


class Terminal:
    """Standard output while somebody reads it, then silence: a closed terminal must not stop the stopping."""

    def __init__(self) -> None:
        self.is_closed = False

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            self.is_closed = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def flush(self) -> None:
        """Nothing is held back: `write` flushes."""

    def isatty(self) -> bool:
        return sys.stdout.isatty()
