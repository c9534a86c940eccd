"""`flask stripe reconcile` as a process: killed, watched, and twice at once."""

import os
import signal
import subprocess
from typing import Any

from sqlalchemy import text

from app.extensions import db
from app.payments.reconciliation.run import LOCK
from tests.payments.reconciliation.committed.conftest import Command
from tests.people import Person, next_week
from tests.shop import Shop
from tests.waiting import PATIENCE, wait_until


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit code and what it said."""
    said, complained = process.communicate(timeout=PATIENCE)
    return process.returncode, said if process.returncode < 2 else complained


def done_stages() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(text("SELECT stage FROM reconciliation WHERE status = 'done'")))


def has_begun() -> bool:
    db.session.rollback()
    return bool(db.session.scalar(text("SELECT count(*) FROM reconciliation")))


def asked_for(shop: Shop, path: str) -> list[dict[str, Any]]:
    log = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/_sandbox/requests", params={"path": path})
    found: list[dict[str, Any]] = log.json()["requests"]
    return found


def test_killed_half_way_it_goes_on_where_it_was(
    silent: Shop, client: Person, coach: Person, flask: Command
) -> None:
    bookings = [client.books(coach, next_week(hour)) for hour in (8, 10)]
    for booking in bookings:
        silent.paid(client.checks_out(booking))
    silent.sandbox.control("/faults", path="/v1/checkout/sessions", method="GET", delay_seconds=60)
    killed = flask("stripe", "reconcile", "--since", "24h")
    wait_until(lambda: "stuck events" in done_stages())
    until = db.session.scalar(text("SELECT until FROM reconciliation WHERE stage = 'events'"))

    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    silent.sandbox.behaves()
    silent.sandbox.http.delete(f"{silent.sandbox.stripe_url}/_sandbox/requests")
    code, said = ended(flask("stripe", "reconcile", "--since", "24h"))

    assert code == 0, said
    again = [asked["params"]["created"]["gte"] for asked in asked_for(silent, "/v1/events")]
    assert all(since >= until.timestamp() for since in again)
    assert "Continues the run of" in said
    assert {client.booking(booking)["status"] for booking in bookings} == {"confirmed"}


def test_no_transaction_is_open_while_stripe_is_asked(
    silent: Shop, client: Person, coach: Person, flask: Command
) -> None:
    silent.paid(client.checks_out(client.books(coach)))
    client.checks_out(client.books(coach, next_week(12)))
    db.session.execute(text("UPDATE payment SET status = 'succeeded' WHERE status = 'pending'"))
    db.session.commit()
    silent.sandbox.control("/faults", path="/v1/*", method="GET", delay_seconds=0.4, times=100)
    running = flask("stripe", "reconcile")

    seen = set()
    while running.poll() is None:
        db.session.rollback()
        seen |= set(db.session.scalars(text(STATES)))
        db.session.rollback()

    assert seen - {"idle", "active"} == set()
    assert ended(running)[0] == 1


STATES = f"""
SELECT state FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND now() - state_change > interval '0.2 s'
    AND pid NOT IN (
        SELECT pid FROM pg_locks GROUP BY pid
        HAVING bool_or(locktype = 'advisory') AND bool_and(locktype = 'virtualxid' OR (
            locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = {LOCK} AND objsubid = 1
        ))
    )
"""
"""Of all but the connection that holds the lock against another run and, in its transaction, nothing else:
one that has read or written a row has a lock on the table until its transaction ends."""


def test_one_at_a_time(silent: Shop, flask: Command) -> None:
    silent.sandbox.control("/faults", path="/v1/disputes", method="GET", delay_seconds=60)
    first = flask("stripe", "reconcile")
    wait_until(
        lambda: db.session.rollback() or db.session.scalar(text("SELECT count(*) FROM reconciliation"))
    )
    first.send_signal(signal.SIGSTOP)  # it holds the lock however long the second takes to start

    code, said = ended(flask("stripe", "reconcile"))

    assert code == 2
    assert "Another reconciliation is running" in said
    first.kill()


def test_a_run_that_ends_soon_is_waited_for(silent: Shop, flask: Command) -> None:
    first = flask("stripe", "reconcile")
    wait_until(
        lambda: db.session.rollback() or db.session.scalar(text("SELECT count(*) FROM reconciliation"))
    )
    first.send_signal(signal.SIGSTOP)
    second = flask("stripe", "reconcile")
    first.send_signal(signal.SIGCONT)

    assert [ended(first)[0], ended(second)[0]] == [0, 0]


def test_on_a_terminal_a_bar_shows_how_far_it_is(silent: Shop, flask: Command) -> None:
    ours, its = os.openpty()
    running = flask("stripe", "reconcile", stdout=its)
    running.wait(PATIENCE)
    os.close(its)

    shown = os.read(ours, 100_000).decode()
    os.close(ours)

    assert "Comparing" in shown
    assert "100%" in shown
    assert "comparing events …" not in shown
