"""Sweeps that change rows themselves: a full portion asks for the next until nothing is left."""

import json
import os

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.databases import driver, made
from tests.programs import Programs

MANY = 1_100
CHAIN = """
import json, os, sys
from app.extensions import db
from app.queue import enqueue
from worker import bookings
from worker.application import flask_app
sweep, dies_in = getattr(bookings, sys.argv[1]), int(sys.argv[2])
waiting, found = [sweep.name], []
enqueue.enqueue_directly = lambda task: waiting.append(task)
with flask_app.app_context():
    session = type(db.session())
commit = session.commit
session.commit = lambda self: os._exit(9) if len(found) == dies_in else commit(self)
while waiting:
    assert waiting.pop() == sweep.name
    found.append(sweep())
print(json.dumps(found))
"""
PEOPLE = """
INSERT INTO account (id, email, password_hash, name, role, time_zone, reminder_hours)
SELECT md5(role)::uuid, role || '@example.com', '', role, role, 'UTC', '{24, 1}'
FROM unnest(ARRAY['coach', 'client']) AS role;
INSERT INTO coach (id, headline, bio, languages, currency, durations, time_zone, buffer_before_minutes,
    buffer_after_minutes, minimum_notice_minutes, horizon_days, slot_step_minutes)
VALUES (md5('coach')::uuid, '', '', '{}', 'eur', '{60}', 'UTC', 0, 0, 0, 60, 30);
INSERT INTO booking (id, coach_id, client_id, period, busy, status, notes, amount_minor, currency,
    coach_time_zone, client_time_zone, calendar_sequence, policy, refund_percent_at_most)
SELECT md5(n::text)::uuid, md5('coach')::uuid, md5('client')::uuid, period, period, 'confirmed', '', 5000,
    'eur', 'UTC', 'UTC', 1, '{}', 100
FROM generate_series(1, MANY) AS n,
    LATERAL (SELECT now() - (n + 25) * interval '1 hour') AS ends(at),
    LATERAL (SELECT tstzrange(at - interval '1 hour', at)) AS span(period);
INSERT INTO email (id, kind, subject_id, recipient, recipient_name, subject, text_body, html_body, status,
    attempts, due_at, request_id, copies)
SELECT md5('mail' || n)::uuid, 'reminder', md5(n::text)::uuid || ':1:1h', 'client@example.com', '', '', 'x',
    'x', 'queued', 0, now(), 'r', 0
FROM generate_series(1, MANY) AS n;
INSERT INTO email (id, kind, subject_id, recipient, recipient_name, subject, text_body, html_body, status,
    attempts, due_at, request_id, copies)
VALUES (md5('another')::uuid, 'test', 'no id', 'ops@example.com', '', '', 'x', 'x', 'queued', 0, now(), 'r',
    0);
""".replace("MANY", str(MANY))
SWEEPS = {
    "complete_past": "SELECT count(*) FROM booking WHERE status = 'completed'",
    "withdraw_late_reminders": "SELECT count(*) FROM email WHERE status = 'withdrawn'",
}
WALK = """
from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from app.extensions import db
from worker.application import flask_app
from worker.bookings import requeue_due_reminders
with flask_app.app_context():
    db.session.execute(text("SET LOCAL lock_timeout = '300ms'"))
    try:
        requeue_due_reminders.run()
    except OperationalError as error:
        assert isinstance(error.orig, LockNotAvailable)
        print("waits")
"""
WALKED = text(
    "INSERT INTO sweep (task, turn, turned_at) VALUES ('bookings.requeue_due_reminders', 1, now())"
    " ON CONFLICT (task) DO UPDATE SET turn = 1"
)
LOCK = text("SELECT pg_advisory_xact_lock(hashtext(:name))")


@pytest.fixture(scope="module")
def drained(environment: dict[str, str]) -> str:
    """URL of a database of its own."""
    return made(environment["DATABASE_URL"], "drained")


@pytest.fixture
def database(drained: str) -> Engine:
    """Past sessions without an outcome, with reminders that did not leave, and a mail that is none."""
    engine = create_engine(driver(drained))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # moves refuse to go
        connection.execute(text("TRUNCATE account, coach, booking, booking_move, email CASCADE"))
        connection.execute(text(PEOPLE))
    return engine


def chain(programs: Programs, url: str, sweep: str, dies_in: int = -1) -> list[int]:
    """What each run found, until none asks for another; nothing if the worker dies before a commit."""
    variables = {**os.environ, "DATABASE_URL": url}
    done = programs.run(CHAIN, variables, sweep, str(dies_in))
    assert done.returncode == (0 if dies_in < 0 else 9), done.stderr
    return json.loads(done.stdout) if done.stdout else []


def count(database: Engine, query: str) -> int:
    with database.connect() as connection:
        return int(connection.scalar(text(query)) or 0)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_chain_drains_all_even_if_a_worker_dies_in_it(
    programs: Programs, drained: str, database: Engine, sweep: str
) -> None:
    chain(programs, drained, sweep, dies_in=1)
    assert count(database, SWEEPS[sweep]) == 500

    assert chain(programs, drained, sweep) == [500, 100]

    assert count(database, SWEEPS[sweep]) == MANY
    moves = "SELECT count(*) FROM booking_move"
    assert count(database, moves) == (MANY if sweep == "complete_past" else 0)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_one_run_at_a_time(programs: Programs, drained: str, database: Engine, sweep: str) -> None:
    name = f"bookings.{sweep}"
    with database.begin() as at_work:
        at_work.execute(LOCK, {"name": name})

        assert chain(programs, drained, sweep) == [0]
        assert count(database, SWEEPS[sweep]) == 0


def test_one_turn_of_a_walk_at_a_time(programs: Programs, drained: str, database: Engine) -> None:
    variables = {**os.environ, "DATABASE_URL": drained}
    with database.begin() as at_work:
        at_work.execute(WALKED)
        assert programs.run(WALK, variables).stdout == "waits\n"

    done = programs.run(WALK, variables)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
