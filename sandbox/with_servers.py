"""`python -m sandbox.with_servers COMMAND …`: a command with an empty PostgreSQL and Valkey of its own.

The environment's DATABASE_URL and REDIS_URL are set aside, so the command cannot touch anybody's data:

    python -m sandbox.with_servers flask db upgrade
"""

import os
import signal
import subprocess
import sys

from sandbox.environment import with_programs
from sandbox.servers import servers


def main(command: list[str]) -> int:
    """The command's exit code, once it and its servers have ended."""
    if not command:
        raise SystemExit(__doc__)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with servers({}) as found:
        running = subprocess.Popen(command, env=with_programs({**os.environ, **found}))  # noqa: S603 - the caller's own
        try:
            return running.wait()
        except KeyboardInterrupt:
            running.terminate()
            return running.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
