"""`python -m sandbox.with_servers`: a command between the start and the end of its own servers."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
TELL_WHERE = "echo $DATABASE_URL | sed 's/.*host=//; s,/postgres&.*,,'"


def test_the_command_gets_servers_of_its_own_and_its_exit_code_is_ours() -> None:
    process = _start(f"{TELL_WHERE}; exit 5", DATABASE_URL="postgresql://db.example/somebodys")
    folder, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 5
    assert folder.startswith("/")
    assert not Path(folder.strip()).exists()


def test_sigterm_ends_the_command_and_its_servers() -> None:
    process = _start(f"{TELL_WHERE}; exec sleep 600")
    assert process.stdout
    folder = Path(process.stdout.readline().strip())
    assert folder.exists()

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)

    assert process.returncode != 0
    assert not folder.exists()


def _start(script: str, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.with_servers", "sh", "-c", script],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
