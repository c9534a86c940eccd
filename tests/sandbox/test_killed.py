"""A kill -9 leaves nothing behind: no server, no web, no worker, no folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.process_table import children_of, still_running
from tests.sandbox.runs import ROOT, Run, started
from tests.waiting import wait_until


def ends(run: Run, everything: set[int], folder: Path) -> None:
    wait_until(lambda: not still_running(everything))
    wait_until(lambda: not folder.exists())


@pytest.fixture
def with_descendants(small_tree: Path) -> Path:
    """Its worker has a child in a session of its own, as PostgreSQL's children have."""
    source = (small_tree / "worker.py").read_text()
    child = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    (small_tree / "worker.py").write_text(child + source)
    return small_tree


def test_a_run_that_is_killed_takes_everything_with_it(with_descendants: Path) -> None:
    with started(with_descendants) as run:
        run.wait_for("Stop     Ctrl-C")
        everything, folder = run.everything(), run.folder()
        assert len(everything) > 8

        run.process.kill()
        run.process.wait()

        ends(run, everything, folder)


def test_a_run_whose_make_is_killed_stops(small_tree: Path) -> None:
    (small_tree / "worker.py").write_text("import threading\nthreading.Event().wait()\n")
    (small_tree / "Makefile").write_text(f"run:\n\t@{sys.executable} -m sandbox.run\n")
    with started(small_tree, command=("make", "run")) as run:
        run.wait_for("Stop     Ctrl-C")
        everything, folder = run.everything(), run.folder()

        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()

        ends(run, everything, folder)


def test_servers_for_a_command_end_when_they_are_killed_together_with_it() -> None:
    command = "import os; print(os.environ['DATABASE_URL'], flush=True); import time; time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.with_servers", sys.executable, "-c", command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert "postgres" in process.stdout.readline()
    everything, fresh = set[int](), {process.pid}
    while fresh:
        everything |= fresh
        fresh = {child for parent in fresh for child in children_of(parent)} - everything

    process.kill()
    process.wait()

    wait_until(lambda: not still_running(everything))
