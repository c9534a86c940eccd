"""What a payment writes: the log of its two events and two mails, and the share of HOT updates."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from app import create_app
from app.config.settings import Settings
from app.emails import delivery
from app.emails.models import Email
from app.extensions import db
from app.payments.webhook import inbox
from app.queue.enqueue import queue
from bench import databases, smtp_sink, unpaid
from bench.deliveries import event
from bench.findings import AtMost, Finding, Series
from bench.unpaid import Unpaid
from sandbox.environment import ROOT
from sandbox.servers import servers
from sandbox.stripe.objects import new_id, shaped

PAYMENTS = 300
"""In a round."""
EVENTS = 2
"""Of a payment: `checkout.session.completed` and `payment_intent.succeeded`."""
AIM = AtMost(8.0)

_UPDATES = b"SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE n_tup_upd > 0"

Updates = Mapping[str, tuple[int, int]]
"""By table: all updates, and HOT ones."""


@dataclass(frozen=True)
class Written:
    """By the payments of one round."""

    log_bytes: int
    updates: Updates


def measure(rounds: int, payments: int) -> list[Finding]:
    """Handle the events of so many payments a round and send their mails, in this process.

    Full-page images are left out: the private server writes none.
    """
    with _running() as app, app.app_context():
        sessions = unpaid.load(rounds * payments)
        parts = [sessions[number * payments : (number + 1) * payments] for number in range(rounds)]
        written = [_round(part) for part in parts]
    print(_table([each.updates for each in written]))
    kilobytes = [each.log_bytes / payments / EVENTS / 1024 for each in written]
    return [Finding("rows", "write-ahead log of an event and its mail", Series(kilobytes, "KB"), aim=AIM)]


def _round(sessions: Sequence[Unpaid]) -> Written:
    url = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    db.engine.dispose()  # a connection that ends tells its statistics
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # no page is pruned for the first time in the round
        before, start = _updates(connection), databases.wal_bytes(connection)
        for payload in _payloads(sessions):
            inbox.process(inbox.record(payload))
        for email_id in db.session.scalars(select(Email.id).where(Email.sent_at.is_(None))).all():
            delivery.deliver(email_id)
        db.session.remove()
        end = databases.wal_bytes(connection)
        db.engine.dispose()
        return Written(end - start, _difference(before, _updates(connection)))


def _payloads(sessions: Sequence[Unpaid]) -> Iterator[str]:
    for payload in unpaid.deliveries(sessions):
        yield payload
        session = json.loads(payload)["data"]["object"]
        intent = shaped(
            "payment_intent",
            id=session["payment_intent"],
            amount=session["amount_total"],
            amount_received=session["amount_total"],
            currency=session["currency"],
            latest_charge=new_id("ch"),
            metadata=session["metadata"],
            status="succeeded",
        )
        yield event("payment_intent.succeeded", intent)


def _updates(connection: psycopg.Connection[tuple[str, int, int]]) -> Updates:
    return {table: (updates, hot) for table, updates, hot in connection.execute(_UPDATES)}


def _difference(before: Updates, after: Updates) -> Updates:
    changes = {}
    for table, (updates, hot) in after.items():
        updates_before, hot_before = before.get(table, (0, 0))
        changes[table] = updates - updates_before, hot - hot_before
    return changes


def _table(rounds: Sequence[Updates]) -> str:
    """A line a table: updates a round, and how many of them were HOT."""
    lines = [f"{'table':<24}{'updates':>9}{'HOT':>9}"]
    for table in sorted({table for updates in rounds for table in updates}):
        numbers = zip(*[updates.get(table, (0, 0)) for updates in rounds], strict=True)
        updates, hot = map(statistics.median, numbers)
        if updates:
            lines.append(f"{table:<24}{updates:>9,.0f}{hot / updates:>9.0%}")
    return "\n".join(lines)


@contextmanager
def _running() -> Iterator[Flask]:
    with servers({}) as found, smtp_sink.running() as sink:
        app = create_app(
            Settings(database_url=found["DATABASE_URL"], redis_url=found["REDIS_URL"], smtp_port=sink.port)
        )
        queue.conf["broker_url"] = found["REDIS_URL"]
        with app.app_context():
            upgrade(str(ROOT / "migrations"))
        yield app
