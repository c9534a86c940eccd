"""The sandbox as a process: `python -m sandbox.stripe`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.stripe.settings import SettingError, Settings
from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[3]


def start(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.stripe"],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_STRIPE_URL": url, "STRIPE_SECRET_KEY": "sk_test_other"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_sandbox/health").is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def running() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    url = f"http://localhost:{free_port()}"
    process = start(url)
    wait_until(lambda: answers(url))
    yield url, process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(running: tuple[str, "subprocess.Popen[str]"], number: int) -> None:
    url, process = running
    assert httpx.get(f"{url}/v1/balance", auth=("sk_test_other", "")).status_code == 200
    process.send_signal(number)
    assert process.wait(timeout=PATIENCE) == 0


def test_a_taken_port_is_named_with_its_variable(running: tuple[str, "subprocess.Popen[str]"]) -> None:
    second = start(running[0])
    _, said = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert "SANDBOX_STRIPE_URL" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "url", ["http://0.0.0.0:12111", "https://localhost:1", "http://example.com", "http://localhost:x"]
)
def test_it_listens_on_this_machine_only(url: str) -> None:
    with pytest.raises(SettingError, match="SANDBOX_STRIPE_URL"):
        Settings(url=url).address()
