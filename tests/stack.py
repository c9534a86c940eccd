"""The whole system as it runs in production: gunicorn, two Celery workers, a mailer, beat, each a process.

Started once in each process that runs tests, for all rooms that want it: starting it takes long.
"""

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

from tests.databases import driver, made
from tests.people import Sandbox
from tests.waiting import PATIENCE, wait_until

HERE = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
REQUEUE_INTERVAL_SECONDS = "2"
"""So soon is found what somebody has to look for, such as a hold that ran out."""


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

    def waiting(self) -> set[str]:
        """The deliveries that have not been taken yet."""
        path = f"{self.sandbox.stripe_url}/_sandbox/deliveries"
        found = self.sandbox.http.get(path, params={"state": "waiting"}).json()["deliveries"]
        return {delivery["event"] for delivery in found}

    def has_logged(self, words: str) -> bool:
        return any(words in log.read_text(errors="replace") for log in self.logs.glob("*.log"))

    def run_out(self, booking: dict[str, Any]) -> None:
        """Let a booking's hold run out now."""
        with self.database.begin() as connection:
            connection.execute(
                text("UPDATE booking SET hold_expires_at = now() - interval '1 second' WHERE id = :id"),
                {"id": booking["id"]},
            )


@pytest.fixture(scope="session")
def second_database(environment: dict[str, str]) -> str:
    """URL of a migrated database beside the first, for processes that really commit."""
    return made(environment["DATABASE_URL"], "stack")


@pytest.fixture(scope="session")
def stack(
    environment: dict[str, str],
    second_database: str,
    sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    sandbox.control("/reset")  # nothing is delivered again that was meant for tests before
    logs = tmp_path_factory.mktemp("stack")
    variables = {**os.environ, **environment, "DATABASE_URL": second_database}
    variables["REDIS_URL"] = environment["REDIS_URL"].removesuffix("/0") + "/1"
    variables["REQUEUE_INTERVAL_SECONDS"] = REQUEUE_INTERVAL_SECONDS
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
    database = create_engine(driver(second_database))
    try:
        with httpx.Client(base_url=environment["PUBLIC_URL"], timeout=PATIENCE) as http:
            wait_until(lambda: is_ready(http))
            yield Stack(http, sandbox, variables, database, logs)
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        for process in running.values():
            process.wait(PATIENCE)
        database.dispose()
        for name in commands:
            print(f"--- {name}\n{(logs / f'{name}.log').read_text(errors='replace')[-20000:]}")


def is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False
