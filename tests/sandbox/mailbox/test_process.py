"""The mailbox as a process: it names a port that is taken, and ends when told to."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.mailbox.store import Store
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("variable", ["SMTP_PORT", "SANDBOX_MAILBOX_PORT"])
def test_a_port_in_use_is_named_with_its_variable(variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = _start(**{"SMTP_PORT": "0", "SANDBOX_MAILBOX_PORT": "0", variable: port})
        _, error = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert error == f"Port {port} cannot be used (Address already in use): set {variable} to another one.\n"


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_though_a_sender_is_connected(signum: signal.Signals) -> None:
    process = _start(SMTP_PORT="0", SANDBOX_MAILBOX_PORT="0")
    assert process.stdout
    port = int(process.stdout.readline().split()[3].rstrip(","))
    with socket.create_connection(("127.0.0.1", port)) as sender:
        sender.recv(100)
        started = time.monotonic()
        process.send_signal(signum)
        _, error = process.communicate(timeout=PATIENCE)

    assert (process.returncode, error) == (0, "")
    assert time.monotonic() - started < 2


def test_the_oldest_mails_make_room() -> None:
    store = Store(capacity=2)
    for number in range(3):
        store.add("a@test.com", ("b@test.com",), f"Subject: {number}\r\n\r\n".encode())

    assert [message.subject for message in store.find()] == ["2", "1"]


def _start(**ports: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.mailbox"],
        cwd=ROOT,
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
