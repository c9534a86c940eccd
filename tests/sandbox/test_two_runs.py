"""Several runs of one folder: each has its own file for other terminals, and takes none away."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.run_file import LockedFile
from tests.config.production_settings import GOOD
from tests.sandbox.runs import Run, started
from tests.waiting import wait_until

READY = "Stop     Ctrl-C"
TAKEN_OVER = "The other run of this folder has ended"
WORKER = (
    "import os, threading\nprint('reads', os.environ['RUN_FILE'], flush=True)\nthreading.Event().wait()\n"
)
LOADED = "from app.config.settings import Settings; print(Settings.load().smtp_port)"


@pytest.fixture(autouse=True)
def says_what_it_reads(small_tree: Path) -> None:
    (small_tree / "worker.py").write_text(WORKER)


def test_a_second_run_leaves_the_first_its_file_and_names_its_own(small_tree: Path) -> None:
    with ready(small_tree) as first, ready(small_tree) as second:
        own = small_tree / f".env.run.{second.ports['PORT']}"
        assert first.settings()["PORT"] == first.ports["PORT"]
        assert f"RUN_FILE={own.name} .venv/bin/flask" in "".join(second.output)
        assert f"PORT='{second.ports['PORT']}'" in own.read_text()
        assert stat.S_IMODE(own.stat().st_mode) == 0o600
        assert "RUN_FILE" not in "".join(first.output)

        interrupt(second)
        assert not own.exists()
        assert first.settings()["PORT"] == first.ports["PORT"]
        interrupt(first)

    assert not list(small_tree.glob(".env.run*"))


def test_each_run_s_processes_read_its_own_file(small_tree: Path) -> None:
    with ready(small_tree) as first, ready(small_tree) as second:
        assert read_by_the_worker_of(first) == ".env.run"
        assert read_by_the_worker_of(second) == f".env.run.{second.ports['PORT']}"


def test_when_the_first_ends_other_terminals_find_the_second(small_tree: Path) -> None:
    with ready(small_tree) as first, ready(small_tree) as second:
        interrupt(first)

        second.wait_for(TAKEN_OVER)
        assert second.settings()["PORT"] == second.ports["PORT"]
        assert (
            small_tree / f".env.run.{second.ports['PORT']}"
        ).exists()  # whoever was told its name still finds it
        interrupt(second)

    assert not list(small_tree.glob(".env.run*"))


def test_a_run_that_was_killed_leaves_a_file_that_the_next_one_takes(small_tree: Path) -> None:
    with ready(small_tree) as killed:
        everything = killed.everything()
        killed.process.kill()
        killed.process.wait()
        assert killed.settings()["PORT"] == killed.ports["PORT"]
        with ready(small_tree) as following:
            assert following.settings()["PORT"] == following.ports["PORT"]
            assert "RUN_FILE" not in "".join(following.output)
            interrupt(following)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in everything), timeout=30)

    assert not list(small_tree.glob(".env.run*"))


def test_a_run_that_was_killed_while_another_is_on_leaves_that_one_the_file(small_tree: Path) -> None:
    with ready(small_tree) as first, ready(small_tree) as second:
        everything = first.everything()
        first.process.kill()
        first.process.wait()

        second.wait_for(TAKEN_OVER)
        assert second.settings()["PORT"] == second.ports["PORT"]
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in everything), timeout=30)


def test_a_file_that_was_removed_and_written_by_another_run_is_left_to_it(tmp_path: Path) -> None:
    """As after `make clean` while a run is on."""
    path = tmp_path / ".env.run"
    first, second = LockedFile(path), LockedFile(path)
    assert first.claim("first")
    path.unlink()
    assert second.claim("second")

    first.remove()

    assert path.read_text() == "second"
    second.remove()
    assert not path.exists()


def test_the_file_has_one_owner_however_many_come_and_go_at_once(tmp_path: Path) -> None:
    path = tmp_path / ".env.run"
    owners: list[int] = []
    wrong: list[object] = []

    def come_and_go(number: int) -> None:
        for _ in range(200):
            file = LockedFile(path)
            if file.claim(f"{number}"):
                owners.append(number)
                if path.read_text() != f"{number}" or owners != [number]:
                    wrong.append((number, owners))
                owners.remove(number)
                file.remove()

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_command_for_the_second_run_does_not_mix_in_what_the_first_s_file_says(tmp_path: Path) -> None:
    """The second listens where `.env` says, which from outside looks as if nobody had said anything."""
    (tmp_path / ".env").write_text("SMTP_PORT=1025\n")
    (tmp_path / ".env.run").write_text("SMTP_PORT='1410'\n")
    (tmp_path / ".env.run.8000").write_text("SMTP_PORT='1025'\n")
    environ = {**GOOD, "APP_ENV": "development", "PYTHONPATH": os.getcwd(), "SMTP_PORT": "1025"}

    def loaded(**more: str) -> str:
        command = [sys.executable, "-c", LOADED]
        return subprocess.check_output(command, cwd=tmp_path, env={**environ, **more}, text=True).strip()

    assert loaded(RUN_FILE=".env.run.8000") == "1025"
    assert loaded() == "1410"


@contextmanager
def ready(tree: Path) -> Iterator[Run]:
    """A run that has said that it is ready."""
    with started(tree) as run:
        run.wait_for(READY)
        yield run


def read_by_the_worker_of(run: Run) -> str:
    """The file that it reads, by its own word; printed at its start, which may be after `ready`."""
    if not any("reads" in line for line in run.output):
        run.wait_for("reads")
    return next(line.split()[-1] for line in run.output if "reads" in line)


def interrupt(run: Run) -> None:
    """Ctrl-C, and wait for its end."""
    run.process.send_signal(signal.SIGINT)
    run.end()
    wait_until(lambda: run.process.poll() is not None)


def test_a_run_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """Else who mistyped it, or whose run has ended, would be sent to start another one."""
    environ = {key: value for key, value in GOOD.items() if key != "DATABASE_URL"}
    environ |= {"APP_ENV": "development", "PYTHONPATH": os.getcwd(), "RUN_FILE": ".env.run.8001"}

    command = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=tmp_path, env=environ, text=True, capture_output=True, check=False
    )

    assert command.returncode == 1
    assert "DATABASE_URL is missing: RUN_FILE names .env.run.8001, which does not exist" in command.stderr
