"""A mailbox as a process of its own, on free ports."""

import os
import re
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Mailbox:
    process: "subprocess.Popen[str]"
    smtp_port: int
    url: str

    def sender(self, timeout: float = 10) -> smtplib.SMTP:
        """A connection to its SMTP server."""
        return smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=timeout)

    def get(self, path: str, **params: str) -> httpx.Response:
        return httpx.get(self.url + path, params=params)

    def messages(self, **filters: str) -> list[dict]:
        return self.get("/api/messages", **filters).raise_for_status().json()["items"]

    def fail(self, **fault: object) -> httpx.Response:
        """Ask for a fault."""
        return httpx.post(f"{self.url}/_sandbox/faults", json=fault)


@pytest.fixture(scope="session")
def _running_mailbox() -> Iterator[Mailbox]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.mailbox"],
        cwd=ROOT,
        env={**os.environ, "SMTP_PORT": "0", "SANDBOX_MAILBOX_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    line = process.stdout.readline()
    ports = re.match(r"SMTP on port (\d+), mails at (\S+)", line)
    assert ports, line
    yield Mailbox(process, int(ports[1]), ports[2])
    process.terminate()
    process.communicate(timeout=10)


@pytest.fixture
def mailbox(_running_mailbox: Mailbox) -> Mailbox:
    """The mailbox, empty and without faults."""
    httpx.delete(f"{_running_mailbox.url}/api/messages").raise_for_status()
    httpx.delete(f"{_running_mailbox.url}/_sandbox/faults").raise_for_status()
    return _running_mailbox
