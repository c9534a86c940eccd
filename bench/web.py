"""The web as it runs in production: the line of the Procfile, on servers of its own and a free port."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

from flask import Flask
from flask_migrate import upgrade
from honcho.environ import parse_procfile

from app import create_app
from app.config.settings import Settings
from sandbox.environment import ROOT, with_programs
from sandbox.reachable import trouble_at
from sandbox.servers import servers
from sandbox.supervisor import Supervisor

READY_SECONDS = 60.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Web:
    """Gunicorn, on a port of this machine, and the application in this process, on the same database."""

    port: int
    app: Flask
    redis_url: str
    pids: Callable[[], set[int]]
    """Of its processes."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)


@contextmanager
def running(module: str = "wsgi:app", gunicorn: str = "") -> Iterator[Web]:
    """Start it on an empty database; all of it has ended afterwards.

    `module` takes the application's place in the Procfile's line, and `gunicorn` are more of its arguments.
    """
    with servers({}) as found:
        app = migrated(found)
        with _serving(found, module, gunicorn) as (port, pids):
            yield Web(port, app, found["REDIS_URL"], pids)


@contextmanager
def _serving(
    found: Mapping[str, str], module: str, gunicorn: str
) -> Iterator[tuple[int, Callable[[], set[int]]]]:
    port = free_port()
    arguments = {"GUNICORN_CMD_ARGS": f"--log-level warning {gunicorn}"}
    with Supervisor(hurry=lambda: False) as foreman:
        foreman.start(
            {"web": lines()["web"].replace("wsgi:app", module)},
            {**with_programs(os.environ), **found, "PORT": str(port), **arguments},
        )
        wait_until_ready(f"http://127.0.0.1:{port}/health/ready", foreman)
        yield port, lambda: foreman.pids("web")


def migrated(found: Mapping[str, str]) -> Flask:
    """The application in this process, on these servers, its database empty."""
    app = create_app(Settings(database_url=found["DATABASE_URL"], redis_url=found["REDIS_URL"]))
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
    return app


def lines() -> dict[str, str]:
    """Those of the Procfile that run on, by name."""
    lines: dict[str, str] = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
    del lines["release"]
    return lines


def wait_until_ready(url: str, foreman: Supervisor) -> None:
    """Returns once it answers. Raises SystemExit when it ends, or takes for ever."""
    deadline = time.monotonic() + READY_SECONDS
    while trouble := trouble_at(url):
        if foreman.first_ended() or time.monotonic() > deadline:
            raise SystemExit(f"{url} did not become ready: {trouble}")
        time.sleep(POLL_SECONDS)


def wait_until_listening(port: int, foreman: Supervisor) -> None:
    """Returns once connections are accepted. Raises SystemExit when it ends, or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while not _listens(port):
        if foreman.first_ended() or time.monotonic() > deadline:
            raise SystemExit(f"Nothing listens on port {port}.")
        time.sleep(POLL_SECONDS)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
