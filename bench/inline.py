"""The application of `bench/peers/inline.py`, run beside ours on the same servers."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from app.config.settings import Settings
from bench import databases, environments, processes, unpaid
from bench.application import DATABASE, Application
from bench.environments import PEERS
from bench.people import CLIENT_ZONE, COACH_ZONE
from bench.smtp_sink import Sink
from bench.unpaid import Unpaid
from bench.web import free_port, wait_until_ready
from sandbox.supervisor import Supervisor

NAME = "inline"
"""Of its database, too."""


@contextmanager
def running(database_url: str, sink: Sink, sessions: Sequence[Unpaid]) -> Iterator[Application]:
    """Start it with these sessions, and as many processes as our web has. Raises NotInstalled."""
    python, port = environments.python_of(NAME, "requirements.txt"), free_port()
    url = databases.create(database_url, NAME)
    environ = {
        **os.environ,
        **sink.variables,
        "DATABASE_URL": url.replace("postgresql://", "postgresql+asyncpg://"),
        "STRIPE_WEBHOOK_SECRET": Settings.load().stripe_webhook_secret[0],
    }
    command = (
        f"{python} -m uvicorn {NAME}:app --app-dir {PEERS} --port {port} --no-access-log --log-level warning"
    )
    with psycopg.connect(url, autocommit=True) as connection, Supervisor(hurry=lambda: True) as foreman:
        _load(connection, sessions)
        foreman.start({NAME: f"{command} --workers {Settings.load().web_concurrency}"}, environ)
        wait_until_ready(f"http://127.0.0.1:{port}/health", foreman)
        backend = connection.info.backend_pid
        pids = {NAME: lambda: foreman.pids(NAME), DATABASE: lambda: processes.server_of(backend)}
        yield Application(port, "/webhook", connection, pids, all_are_sent=b"SELECT true")


def _load(connection: psycopg.Connection[Any], sessions: Sequence[Unpaid]) -> None:
    connection.execute((PEERS / f"{NAME}.sql").read_bytes())
    client, coach = (_account(connection, *of) for of in (("client", CLIENT_ZONE), ("coach", COACH_ZONE)))
    start = datetime.now(UTC) + timedelta(days=2)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO booking VALUES (%s, %s, %s, %s, 60, 'pending')",
            [(each.booking_id, client, coach, start) for each in sessions],
        )
        cursor.executemany(
            "INSERT INTO payment VALUES (%s, %s, %s, NULL, %s, %s, 'pending')",
            [
                (each.payment_id, each.booking_id, each.session_id, unpaid.PRICE, unpaid.CURRENCY)
                for each in sessions
            ],
        )
    connection.execute("VACUUM (ANALYZE)")


def _account(connection: psycopg.Connection[Any], role: str, zone: str) -> UUID:
    row = (uuid4(), f"{role}@example.com", f"{role.title()} 1234", zone)
    connection.execute("INSERT INTO account VALUES (%s, %s, %s, %s)", row)
    return row[0]
