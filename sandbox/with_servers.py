"""`python -m sandbox.with_servers COMMAND …`: a command with an empty PostgreSQL and Valkey of its own.

The environment's DATABASE_URL and REDIS_URL are set aside, so the command cannot touch anybody's data:

    python -m sandbox.with_servers flask db upgrade
"""

import os
import signal
import subprocess
import sys
from types import FrameType

from sandbox.environment import with_programs
from sandbox.servers import servers
from sandbox.watcher import watcher


def main(command: list[str]) -> int:
    """The command's exit code, once it and its servers have ended."""
    if not command:
        raise SystemExit(__doc__)
    ending = _Ending()
    with servers({}) as found:
        if ending.asked:
            return 128 + signal.SIGTERM
        # A signal between the fork and the assignment must not lose sight of the command.
        environ = with_programs({**os.environ, **found})
        ending.command = subprocess.Popen(command, env=environ)  # noqa: S603 - the caller's own
        watcher.add(ending.command.pid)
        if ending.asked:
            ending.command.terminate()
        code = ending.command.wait()
        watcher.discard(ending.command.pid)
        return code


class _Ending:
    """Passes SIGTERM and Ctrl-C on to the command, and lets it decide how to end."""

    def __init__(self) -> None:
        self.asked = False
        self.command: subprocess.Popen[bytes] | None = None
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._ask)

    def _ask(self, _signum: int, _frame: FrameType | None) -> None:
        self.asked = True
        if self.command:
            self.command.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
