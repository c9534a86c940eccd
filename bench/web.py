"""The web as it runs in production: the line of the Procfile, on servers of its own and a free port."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

from flask import Flask
from flask_migrate import upgrade
from honcho.environ import parse_procfile

from app import create_app
from app.config import Settings
from sandbox.environment import ROOT, with_programs
from sandbox.foreman import Foreman
from sandbox.reachable import trouble_at
from sandbox.servers import servers

READY_SECONDS = 60.0
POLL_SECONDS = 0.1
QUIETLY = {"GUNICORN_CMD_ARGS": "--log-level warning"}


@dataclass(frozen=True)
class Web:
    """Gunicorn, on a port of this machine, and the application in this process, on the same database."""

    port: int
    app: Flask

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)


@contextmanager
def running() -> Iterator[Web]:
    """Start it on an empty database; all of it has ended afterwards."""
    with servers({}) as found:
        port = _free_port()
        app = create_app(Settings(database_url=found["DATABASE_URL"]))
        with app.app_context():
            upgrade(str(ROOT / "migrations"))
        with Foreman(hurry=lambda: False) as foreman:
            command: str = parse_procfile((ROOT / "Procfile").read_text()).processes["web"]
            foreman.start(
                {"web": command}, {**with_programs(os.environ), **found, "PORT": str(port), **QUIETLY}
            )
            _wait_until_ready(port, foreman)
            yield Web(port, app)


def _wait_until_ready(port: int, foreman: Foreman) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while trouble := trouble_at(f"http://127.0.0.1:{port}/health/ready"):
        if foreman.first_ended() or time.monotonic() > deadline:
            raise SystemExit(f"The web did not become ready: {trouble}")
        time.sleep(POLL_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
