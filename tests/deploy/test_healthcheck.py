"""The image's health checks: real processes, started by the Procfile's lines, that hang or are killed."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.deploy.files import PROCFILE, ROOT
from tests.ports import refusing
from tests.waiting import wait_until

PROGRAMS = Path(sys.executable).parent
FRESH = "60"
"""Seconds within which a heartbeat counts."""
RENEWED_WITHIN = 3.0
"""Seconds until the next heartbeat: workers give one every two, beat at each sweep, here every one."""


@pytest.fixture
def variables(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """As in a container: a heartbeat file of its own, and queues that no other test looks into."""
    return {
        **os.environ,
        **environment,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "REDIS_URL": environment["REDIS_URL"].removesuffix("/0") + "/3",
        "HEARTBEAT_FILE": str(tmp_path / "heartbeat"),
        "REQUEUE_INTERVAL_SECONDS": "1",
        "WEB_CONCURRENCY": "1",
    }


@contextmanager
def running(name: str, variables: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        shlex.split(PROCFILE[name]),
        cwd=ROOT,
        env=variables,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def check(variables: dict[str, str], *words: str) -> tuple[int, str]:
    """What Docker sees: the exit code, and what is kept for `docker inspect`."""
    command = [sys.executable, ROOT / "deploy/healthcheck.py", *words]
    done = subprocess.run(command, cwd="/", env=variables, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def is_well(variables: dict[str, str], *words: str) -> bool:
    return check(variables, *words) == (0, "well")


def test_a_process_that_hangs_or_is_killed_is_unhealthy(variables: dict[str, str], tmp_path: Path) -> None:
    """Worker, mailer and beat, each in what would be its own container."""
    names = ("worker", "mailer", "beat")
    containers = {name: {**variables, "HEARTBEAT_FILE": str(tmp_path / name)} for name in names}

    def healthy() -> set[str]:
        return {name for name in names if is_well(containers[name], "heartbeat", FRESH)}

    def healthy_by_a_new_heartbeat() -> set[str]:
        for name in names:
            os.utime(tmp_path / name, (0, 0))
        time.sleep(RENEWED_WITHIN)
        return healthy()

    code, said = check(containers["beat"], "heartbeat", FRESH)
    assert code == 1
    assert said.startswith("no heartbeat yet")

    with ExitStack() as stack:
        processes = [stack.enter_context(running(name, containers[name])) for name in names]
        wait_until(lambda: healthy() == set(names), timeout=90)
        _signal(processes, signal.SIGSTOP)
        assert healthy_by_a_new_heartbeat() == set()
        _signal(processes, signal.SIGCONT)
        wait_until(lambda: healthy() == set(names), timeout=60)
        _signal(processes, signal.SIGKILL)
        assert healthy_by_a_new_heartbeat() == set()
    assert "seconds old" in check(containers["worker"], "heartbeat", FRESH)[1]


def _signal(processes: "list[subprocess.Popen[bytes]]", signum: signal.Signals) -> None:
    for process in processes:
        os.killpg(process.pid, signum)


def test_a_web_server_that_does_not_answer_is_unhealthy(variables: dict[str, str]) -> None:
    with running("web", variables) as process:
        wait_until(lambda: is_well(variables, "web"), timeout=60)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    with refusing(int(variables["PORT"])):
        code, said = check(variables, "web")
    assert code == 1
    assert said.startswith(f"nobody answers on port {variables['PORT']}")


@pytest.mark.parametrize("words", [(), ("worker",), ("heartbeat",), ("web", "60")])
def test_a_check_that_was_written_wrong_is_no_sign_of_health(words: tuple[str, ...]) -> None:
    code, said = check({}, *words)
    assert code == 1
    assert said.startswith("usage")


def test_a_heartbeat_that_nobody_was_told_to_give_is_named() -> None:
    assert check({}, "heartbeat", "60") == (1, "HEARTBEAT_FILE is not set")
