"""The whole system as it runs in production: gunicorn, two Celery workers, a mailer, beat, each a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from tests.people import Person, Sandbox
from tests.waiting import wait_until

HERE = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent


@dataclass
class Stack:
    """The running system."""

    http: httpx.Client
    sandbox: Sandbox
    variables: dict[str, str]
    """The environment that its processes run with."""
    database: Engine
    """Looks at the rows; everything else goes in through the door."""
    logs: Path
    of_others: frozenset[str]
    """Deliveries of tests before, to which nobody listened: Stripe tries them again for hours."""

    def waiting(self) -> set[str]:
        """The deliveries of its own that have not been taken yet."""
        return _waiting(self.sandbox) - self.of_others

    def has_logged(self, words: str) -> bool:
        return any(words in log.read_text(errors="replace") for log in self.logs.glob("*.log"))

    def run_out(self, booking: dict[str, Any]) -> None:
        """Let a booking's hold run out now."""
        with self.database.begin() as connection:
            connection.execute(
                text("UPDATE booking SET hold_expires_at = now() - interval '1 second' WHERE id = :id"),
                {"id": booking["id"]},
            )


@pytest.fixture(scope="package")
def stack(
    environment: dict[str, str],
    second_database: str,
    sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    logs = tmp_path_factory.mktemp("stack")
    variables = {**os.environ, **environment, "DATABASE_URL": second_database}
    variables["REDIS_URL"] = environment["REDIS_URL"].removesuffix("/0") + "/1"
    subprocess.run([BIN / "flask", "--app", "wsgi", "db", "upgrade"], cwd=HERE, env=variables, check=True)
    worker = [
        BIN / "celery",
        "-A",
        "worker",
        "worker",
        "--without-gossip",
        "--without-mingle",
    ]
    of_events = [*worker, "--concurrency=1", "--queues=events,schedule"]
    of_mail = [*worker, "--pool=threads", "--concurrency=8", "--queues=email"]
    commands = {
        "web": [BIN / "gunicorn", "wsgi:app"],
        "worker-1": [*of_events, "--hostname=one@%h"],
        "worker-2": [*of_events, "--hostname=two@%h"],
        "mailer": [*of_mail, "--hostname=mailer@%h"],
        "beat": [BIN / "celery", "-A", "worker", "beat", "--schedule", logs / "beat"],
    }
    running = {}
    for name, command in commands.items():
        with (logs / f"{name}.log").open("wb") as log:
            running[name] = subprocess.Popen(
                command, cwd=HERE, env=variables, stdout=log, stderr=log, start_new_session=True
            )
    of_others = frozenset(_waiting(sandbox))
    database = create_engine(second_database.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with httpx.Client(base_url=environment["PUBLIC_URL"], timeout=30) as http:
            wait_until(lambda: _is_ready(http), timeout=30)
            yield Stack(http, sandbox, variables, database, logs, of_others)
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        for process in running.values():
            process.wait(30)
        database.dispose()
        for name in commands:
            print(f"--- {name}\n{(logs / f'{name}.log').read_text(errors='replace')[-20000:]}")


def _waiting(sandbox: Sandbox) -> set[str]:
    path = f"{sandbox.stripe_url}/_sandbox/deliveries"
    found = sandbox.http.get(path, params={"state": "waiting"}).json()["deliveries"]
    return {delivery["event"] for delivery in found}


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(autouse=True)
def undisturbed(stack: Stack) -> Iterator[None]:
    """Whatever a test let go wrong is right again after it."""
    yield
    stack.sandbox.behaves()


@pytest.fixture
def http(stack: Stack) -> httpx.Client:
    """HTTP to the running system, in place of the application in this process."""
    return stack.http


@pytest.fixture
def client(http: httpx.Client) -> Person:
    return Person.registered(http, "client", "Europe/London")


@pytest.fixture
def coach(http: httpx.Client) -> Person:
    return Person.registered(http, "coach", "Europe/Paris").open_for_business()
