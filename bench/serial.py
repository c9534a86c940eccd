"""Events and their mails, one after another in one process, and the statements of the events through psycopg.

`python -m bench.serial ROUNDS EVENTS` prints what it measured as JSON. The database is empty.
"""

import json
import smtplib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

import psycopg
from flask_migrate import upgrade
from sqlalchemy import select

from app.config.settings import Settings, settings_of
from app.db.engine import LIMITS
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from app.queue.names import TaskNames
from bench import databases, processes, statements, unpaid
from bench.statements import Transaction
from sandbox.environment import ROOT
from worker import celery
from worker.application import flask_app

BATCH = 10
"""So many events are applied, then as many replayed, and so on: both share what else goes on."""
WARM_UP = 50
"""Events of which nothing is measured."""
UNTOUCHED = "untouched"
MILLISECONDS = 1000.0


@dataclass
class Cost:
    """Of one thing, in milliseconds, round by round."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Of this process."""
    backend: list[float] = field(default_factory=list)
    """Processor time of the PostgreSQL process that serves it."""


@dataclass
class Meter:
    """Adds up what a round costs, over several blocks."""

    backend: int
    wall: float = 0.0
    processor: float = 0.0

    def __post_init__(self) -> None:
        self._backend_before = processes.busy_seconds([self.backend])

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.processor += time.process_time() - processor

    def add_to(self, cost: Cost, count: int) -> None:
        """One more round, in which so many things were done."""
        backend = processes.busy_seconds([self.backend]) - self._backend_before
        cost.wall.append(MILLISECONDS * self.wall / count)
        cost.processor.append(MILLISECONDS * self.processor / count)
        cost.backend.append(MILLISECONDS * backend / count)


@dataclass
class Measured:
    """What `python -m bench.serial` prints."""

    event: Cost = field(default_factory=Cost)
    replay: Cost = field(default_factory=Cost)
    mail: Cost = field(default_factory=Cost)
    smtp: Cost = field(default_factory=Cost)
    """A message that is ready, over a connection that is open."""
    statements: float = 0.0
    """Of an event."""
    wal_bytes: float = 0.0
    """That PostgreSQL logs for an event."""
    wrongs: list[str] = field(default_factory=list)


def main(rounds: int, count: int) -> None:
    celery.loader.import_default_modules()
    with flask_app.app_context():
        upgrade(str(ROOT / "migrations"))
        sessions = unpaid.load(WARM_UP + rounds * count)
    payloads = list(unpaid.deliveries(sessions))
    url = settings_of(flask_app).database_url.replace("+psycopg", "")
    measured = Measured()
    _disconnect()
    untouched = databases.copy(url, UNTOUCHED)
    recorded = _record(payloads, url, measured)
    _disconnect()
    with psycopg.connect(url) as connection:
        rows_of_ours = databases.rows(connection)
    databases.replace(url, UNTOUCHED)
    options = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    with psycopg.connect(untouched, options=options) as connection:
        _measure(payloads, recorded, connection, count, measured)
        if databases.rows(connection) != rows_of_ours:
            measured.wrongs.append("the replay wrote other rows than the events")
    print(json.dumps(asdict(measured)))


def _disconnect() -> None:
    with flask_app.app_context():
        db.engine.dispose()


def _record(payloads: Sequence[str], url: str, measured: Measured) -> list[list[Transaction]]:
    """The transactions of each event."""
    recorded = []
    with psycopg.connect(url, autocommit=True) as connection, flask_app.app_context():
        logged = databases.wal_bytes(connection)
        for payload in payloads:
            with statements.recorded(db.engine) as transactions:
                _apply(payload)
            recorded.append(transactions)
        measured.wal_bytes = (databases.wal_bytes(connection) - logged) / len(payloads)
    of_all = [len(each.statements) for transactions in recorded for each in transactions]
    measured.statements = sum(of_all) / len(payloads)
    return recorded


def _measure(
    payloads: Sequence[str],
    recorded: Sequence[list[Transaction]],
    connection: psycopg.Connection[Any],
    count: int,
    measured: Measured,
) -> None:
    """Round by round: the events in turns with their replay, then their mails, then bare SMTP."""
    _run(_apply, payloads[:WARM_UP])
    _run(lambda each: statements.replay(connection, each), recorded[:WARM_UP])
    _run(_deliver, _queued_mails())
    for start in range(WARM_UP, len(payloads), count):
        events, replay = Meter(_own_backend()), Meter(connection.info.backend_pid)
        for first in range(start, start + count, BATCH):
            batch = slice(first, min(first + BATCH, start + count))
            with events.running():
                _run(_apply, payloads[batch])
            with replay.running():
                _run(lambda each: statements.replay(connection, each), recorded[batch])
        events.add_to(measured.event, count)
        replay.add_to(measured.replay, count)
        _measure_mails(measured)
    _check_that_all_is_done(len(payloads), measured)


def _run(work: Callable[[Any], object], things: Sequence[Any]) -> None:
    for each in things:
        work(each)


def _apply(payload: str) -> None:
    celery.tasks[TaskNames.HANDLE_EVENT](payload)


def _deliver(email_id: str) -> None:
    celery.tasks[TaskNames.DELIVER_EMAIL](email_id)


def _own_backend() -> int:
    """The process that serves the application's only connection."""
    with flask_app.app_context(), db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        return int(driver.info.backend_pid)


def _queued_mails() -> list[str]:
    with flask_app.app_context():
        return [
            str(each) for each in db.session.scalars(select(Email.id).filter_by(status=EmailStatus.QUEUED))
        ]


def _measure_mails(measured: Measured) -> None:
    mails = _queued_mails()
    meter = Meter(_own_backend())
    with meter.running():
        _run(_deliver, mails)
    meter.add_to(measured.mail, len(mails))
    message = _message()
    with smtplib.SMTP(Settings.load().smtp_host, Settings.load().smtp_port) as server:
        meter = Meter(_own_backend())
        with meter.running():
            _run(lambda _: server.sendmail("a@example.com", ["b@example.com"], message), mails)
        meter.add_to(measured.smtp, len(mails))


def _message() -> bytes:
    """A message of the same parts."""
    with flask_app.app_context():
        mail = db.session.execute(select(Email).limit(1)).scalar_one()
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", mail.subject
        message.set_content(mail.text_body, cte="quoted-printable")
        message.add_alternative(mail.html_body, subtype="html", cte="quoted-printable")
        message.add_alternative(mail.calendar or "", subtype="calendar", cte="quoted-printable")
        return message.as_bytes(policy=SMTP_POLICY)


def _check_that_all_is_done(events: int, measured: Measured) -> None:
    with flask_app.app_context():
        confirmed = unpaid.confirmed()
        sent = len(db.session.scalars(select(Email.id).filter_by(status=EmailStatus.SENT)).all())
    if confirmed != events:
        measured.wrongs.append(f"{confirmed} of {events} were confirmed")
    if sent != unpaid.MAILS * events:
        measured.wrongs.append(f"{sent} of {unpaid.MAILS * events} mails were sent")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
