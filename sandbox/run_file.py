"""The files that tell other terminals of a run: `.env.run` of one run, `.env.run.PORT` of each further one.

A run owns a file while it holds the file's lock, which the kernel takes from whatever is killed.
"""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.environment import ROOT

VARIABLES = (
    "PORT",
    "PUBLIC_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "SANDBOX_STRIPE_URL",
    "SMTP_PORT",
    "SANDBOX_MAILBOX_PORT",
)


class LockedFile:
    """A file that one process at a time owns, and removes when it is done."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def is_owned(self) -> bool:
        """Whether this process owns it."""
        return self._descriptor is not None

    def claim(self, content: str) -> bool:
        """Own the file, with this content from then on; False while another process that lives owns it."""
        descriptor = self._locked()
        if descriptor is None:
            return False
        os.fchmod(descriptor, 0o600)  # DATABASE_URL may be somebody's own, with its password
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, content.encode(), 0)
        self._descriptor = descriptor
        return True

    def remove(self) -> None:
        """Remove the file if it is still this one, and let others have its name."""
        if self._descriptor is None:
            return
        if self._is_at_its_path(self._descriptor):
            self.path.unlink()
        os.close(self._descriptor)
        self._descriptor = None

    def _locked(self) -> int | None:
        """The file opened and locked. Between the two its last owner may have removed it: then once more."""
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            if self._is_at_its_path(descriptor):
                return descriptor
            os.close(descriptor)

    def _is_at_its_path(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False


class RunFile:
    """What a run writes for other terminals, and removes at its end; it never touches another run's."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        lines = [f"{name}='{environ[name]}'" for name in VARIABLES if name in environ]
        self._content = "\n".join(["# Written by `make run`, and removed when it ends.", *lines, ""])
        self._first = LockedFile(ROOT / ".env.run")
        self._further = LockedFile(ROOT / f".env.run.{environ['PORT']}")

    def __enter__(self) -> Self:
        if not self._first.claim(self._content):
            self._further.claim(self._content)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._first.remove()
        self._further.remove()

    @property
    def name(self) -> str:
        """The file that this run's own processes read, whatever other runs there are."""
        return (self._further if self.is_further else self._first).path.name

    @property
    def is_further(self) -> bool:
        """Whether another run of this folder had `.env.run` when this one started."""
        return self._further.is_owned

    def succeed(self) -> bool:
        """Take `.env.run` over once the run that had it has ended; True at the moment it happens."""
        return not self._first.is_owned and self._first.claim(self._content)
