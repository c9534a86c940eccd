"""How fast the workers get through events and mails, beside no-op tasks, bare SQL and bare SMTP."""

import os
import smtplib
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

from celery import Celery
from flask import Flask
from sqlalchemy import select

from app.emails.models import Email
from app.extensions import db
from app.queue.enqueue import queue
from app.queue.names import TaskNames
from bench import bare_sql, smtp_sink, unpaid
from bench.findings import AtLeast, Finding, Limit, Series
from bench.idle import idle
from bench.jobs import Queue
from bench.unpaid import MAILS, Unpaid
from bench.web import lines, migrated
from sandbox.environment import ROOT, with_programs
from sandbox.servers import servers
from sandbox.supervisor import Supervisor

AIM = AtLeast(0.5)
MAILERS = 8
"""Threads of the Procfile's mailer."""
_IDLE = (
    "celery --quiet --app bench.idle worker --without-gossip --without-mingle --hostname idle@%h --queues "
)
IDLE_WORKER = f"{_IDLE} idle"
IDLE_MAILER = f"{_IDLE} idle-threads --pool threads --concurrency {MAILERS}"


@dataclass(frozen=True)
class Plant:
    """Workers as in production, the idle ones beside them, and what they stand on."""

    app: Flask
    variables: Mapping[str, str]
    smtp_port: int

    def queue(self, name: str) -> Queue:
        """One of its queues."""
        return Queue(self.variables["REDIS_URL"], name)


@dataclass
class Rates:
    """How many a second, round by round."""

    events: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    nothing: list[float] = field(default_factory=list)
    mails: list[float] = field(default_factory=list)
    smtp: list[float] = field(default_factory=list)
    nothing_in_threads: list[float] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)

    def findings(self) -> list[Finding]:
        """Each rate over both of its limits."""
        pairs = (
            ("events applied a second", self.events, "no-op Celery tasks", self.nothing),
            ("events applied a second", self.events, "bare SQL", self.rows),
            ("mails sent a second", self.mails, "no-op Celery tasks", self.nothing_in_threads),
            ("mails sent a second", self.mails, "bare SMTP", self.smtp),
        )
        return [
            Finding(
                "workers",
                f"{name} over {limit}",
                Series(rates, "1/s"),
                Limit(limit, Series(limits, "1/s")),
                AIM,
                self.wrongs,
            )
            for name, rates, limit, limits in pairs
        ]


def race(rounds: int, events: int) -> list[Finding]:
    """So many events a round, then their mails, and the limits of both in turns with them."""
    rates = Rates()
    with _running() as plant:
        with plant.app.app_context():
            sessions = unpaid.load(2 * rounds * events)
        bills = [sessions[n * events : (n + 1) * events] for n in range(2 * rounds)]
        for ours, bare in zip(bills[::2], bills[1::2], strict=True):
            _events(plant, ours, bare, rates)
            _mails(plant, events, rates)
        with plant.app.app_context():
            confirmed = unpaid.confirmed()
        if confirmed != 2 * rounds * events:
            rates.wrongs.append(f"{confirmed} of {2 * rounds * events} were confirmed")
    return rates.findings()


def _events(plant: Plant, ours: Sequence[Unpaid], bare: Sequence[Unpaid], rates: Rates) -> None:
    payloads = list(unpaid.deliveries(ours))
    rates.nothing.append(_rate(plant.queue("idle"), idle, "idle.nothing", payloads))
    rates.events.append(_rate(plant.queue("events"), queue, TaskNames.HANDLE_EVENT, payloads))
    with plant.app.app_context():
        mail = db.session.execute(select(Email.text_body, Email.html_body, Email.calendar).limit(1)).one()
    bodies = {"text": mail.text_body, "html": mail.html_body, "calendar": mail.calendar}
    writers = os.cpu_count() or 1  # as many as Celery starts
    rates.rows.append(bare_sql.rate(plant.variables["DATABASE_URL"], bare, payloads[0], bodies, writers))


def _rate(of: Queue, sender: Celery, task: str, payloads: Sequence[str]) -> float:
    return of.rate(of.lay_out(sender, task, payloads))


def _mails(plant: Plant, events: int, rates: Rates) -> None:
    """Send the mails that the events have put on their queue, by a mailer that starts now."""
    jobs = plant.queue("email").set_aside()
    if jobs != events:
        rates.wrongs.append(f"the mails of {jobs} of {events} events were to leave at once")
    mails = MAILS * jobs
    with _at_work(plant.variables, {"mailer": lines()["mailer"], "idle": IDLE_MAILER}):
        payloads = [str(number) for number in range(mails)]
        rates.nothing_in_threads.append(_rate(plant.queue("idle-threads"), idle, "idle.nothing", payloads))
        rates.mails.append(MAILS * plant.queue("email").rate(jobs))
    rates.smtp.append(_bare_smtp(plant, mails))


def _bare_smtp(plant: Plant, mails: int) -> float:
    """The same mail again and again, in one conversation for each of the mailer's threads."""
    with plant.app.app_context():
        mail = db.session.execute(select(Email).limit(1)).scalar_one()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", mail.subject
    message.set_content(mail.text_body, cte="quoted-printable")
    message.add_alternative(mail.html_body, subtype="html", cte="quoted-printable")
    message.add_alternative(mail.calendar or "", subtype="calendar", cte="quoted-printable")
    text = message.as_bytes(policy=SMTP_POLICY)

    def send(count: int) -> None:
        with smtplib.SMTP("127.0.0.1", plant.smtp_port) as server:
            for _ in range(count):
                server.sendmail("a@example.com", ["b@example.com"], text)

    started = time.perf_counter()
    with ThreadPoolExecutor(MAILERS) as pool:
        list(pool.map(send, [mails // MAILERS] * MAILERS))
    return mails // MAILERS * MAILERS / (time.perf_counter() - started)


@contextmanager
def _running() -> Iterator[Plant]:
    with servers({}) as found, smtp_sink.running() as sink:
        variables = {**with_programs(os.environ), **found, **sink.variables, "PYTHONPATH": str(ROOT)}
        app = migrated(found)
        with _at_work(variables, {"worker": lines()["worker"], "idle": IDLE_WORKER}):
            yield Plant(app, variables, sink.port)


@contextmanager
def _at_work(variables: Mapping[str, str], commands: Mapping[str, str]) -> Iterator[None]:
    with Supervisor(hurry=lambda: False) as foreman:
        foreman.start(commands, variables)
        yield
