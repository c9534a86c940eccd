"""Virtual environments of the applications in `bench/peers`, each with the packages of a lock file."""

import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
INSTALLED = "installed.txt"


class NotInstalled(Exception):
    """The packages could not be had."""


def python_of(peer: str, lock: str) -> Path:
    """The Python of a peer, its packages installed when its lock file is new. Raises NotInstalled."""
    folder, wanted = Path(sys.prefix) / "peers" / peer, (PEERS / lock).read_text()
    python, installed = folder / "bin" / "python", folder / INSTALLED
    if not installed.exists() or installed.read_text() != wanted:
        print(f"Installing the packages of {peer}.")
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), *_INSTALL, str(PEERS / lock))
        installed.write_text(wanted)
    return python


_INSTALL = (
    "-m",
    "pip",
    "install",
    "-qq",
    "--disable-pip-version-check",
    "--no-deps",
    "--require-hashes",
    "-r",
)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stderr.strip().splitlines()[-1])
