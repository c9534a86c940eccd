"""What the private PostgreSQL and the private Valkey have in common: start, stop, kill, restart."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from sandbox.processes import ServerProcess


class PrivateServer(ABC):
    """A server with its files in `folder`; in a `with` block it runs until the block ends."""

    NAME: ClassVar[str]
    STOP_SIGNAL: ClassVar[signal.Signals]

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.settings = settings
        self._process = ServerProcess(self.NAME, folder / f"{self.NAME.lower()}.log")

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @property
    def pid(self) -> int | None:
        """Its process id while it runs, else None."""
        return self._process.pid

    @abstractmethod
    def start(self) -> None:
        """Start it: empty the first time, with the files it has later on."""

    def stop(self) -> None:
        """End it in good order; connections still open are closed."""
        self._process.stop(self.STOP_SIGNAL)

    def kill(self) -> None:
        """SIGKILL to the server and its children: what it had only in memory is gone."""
        self._process.kill()

    def restart(self) -> None:
        """Stop and start, on the same files and at the same URL."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()
