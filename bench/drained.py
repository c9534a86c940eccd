"""The process that drains due rows, as one worker does. It prints what that took, as JSON."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from app import create_app
from app.bookings import lifecycle, reminders
from app.config.settings import Settings
from app.extensions import db, now
from app.payments.checkout import expiry
from app.payments.disputes import deadlines
from app.payments.reconciliation import run
from app.payments.reconciliation.windows import RECENT, Window
from app.payments.stripe import deployment
from app.payments.webhook import inbox
from app.privacy import retention
from app.queue import sweeps
from app.queue.names import TaskNames
from app.queue.sweeps import PORTION, Sweep
from bench import people
from bench.due_rows import fill
from bench.people import Business
from bench.stripe_lists import DEPLOYMENT, Payments

PATIENCE = 5.0
Portion = Callable[[], int]
"""Handles some of the rows, and returns their number: 0 once there are no more."""


def _remind() -> int:
    ids = reminders.DUE.ids(PORTION)
    for booking_id in ids:
        reminders.remind(booking_id, now())
        db.session.commit()
    return len(ids)


def _release() -> int:
    ids = lifecycle.STALE_HOLDS.ids(PORTION)
    for booking_id in ids:
        expiry.release(booking_id)
        db.session.commit()
    return len(ids)


def _walk() -> int:
    sweep = Sweep.locked(TaskNames.REQUEUE_DUE_EVENTS)
    turn = str(sweep.turn) if sweep.until else ""
    return sweeps.walk(TaskNames.REQUEUE_DUE_EVENTS, TaskNames.PROCESS_RECORDED_EVENT, inbox.DUE, turn)


SWEEPS: Mapping[str, Portion] = {
    "past sessions": lambda: lifecycle.complete_past(PORTION),
    "late reminders": lambda: reminders.withdraw_late(now(), PORTION),
    "due reminders": _remind,
    "expired holds": _release,
    "due events": _walk,
    "old events": retention.delete_events,
    "dispute deadlines": lambda: deadlines.warn(now(), PORTION),
}


def drain(kind: str, payments: Payments) -> dict[str, float]:
    """Seconds by the clock and of this process, for all rows of a kind."""
    fill(kind, payments)
    return _timed(lambda: _drain(SWEEPS[kind], payments.count))


def compare(payments: Payments) -> dict[str, float]:
    """Seconds that it takes to compare payments with the lists of bench.stripe_lists."""
    fill("payments at Stripe", payments)
    since, until = (datetime.fromtimestamp(second, UTC) for second in (payments.since, payments.until))

    def compare_all() -> None:
        *_, stages = run.run(Window("bench", since, until, RECENT), PATIENCE)
        seen = sum(row.seen for row in stages)
        assert seen == 5 * payments.count, f"{seen} objects were compared"
        assert not any(row.differing or row.settled for row in stages)

    return _timed(compare_all)


def _drain(portion: Portion, rows: int) -> None:
    done = 0
    while found := portion():
        done += found
        db.session.commit()
    db.session.commit()
    assert done == rows, f"{done} of {rows} rows were handled"


def _timed(work: Callable[[], None]) -> dict[str, float]:
    db.session.connection()
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return {"clock": time.perf_counter() - clock, "processor": time.process_time() - processor}


def main(rounds: int, rows: int, payments: Payments) -> dict[str, list[dict[str, float]]]:
    people.load(Business(0, rows, rows))
    deployment.renew(DEPLOYMENT)
    db.session.commit()
    few = Payments(payments.since, rows, payments.a_second)
    taken: dict[str, list[dict[str, float]]] = {kind: [] for kind in SWEEPS}
    for _ in range(rounds):
        for kind, rounds_of_it in taken.items():
            rounds_of_it.append(drain(kind, few))
    taken["payments at Stripe"] = [compare(payments)]
    return taken


if __name__ == "__main__":
    _rounds, _rows, _since, _count, _a_second = map(int, sys.argv[1:])
    app = create_app(Settings(database_url=os.environ["DATABASE_URL"], redis_url=os.environ["REDIS_URL"]))
    with app.app_context():
        print(json.dumps(main(_rounds, _rows, Payments(_since, _count, _a_second))))
