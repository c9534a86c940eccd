"""The comparisons of beat as a worker does them: the nightly one in turns, the recent one when it is due."""

import os

from sqlalchemy import text

from app.alerts import Alert
from app.extensions import db, now
from app.payments.reconciliation.progress import Reconciliation, ReconciliationStatus
from tests.programs import Programs
from tests.shop import Shop

RECENT = "from worker.reconciliation import reconcile_recent as job; job()"
TURNS = """
import itertools, types, worker
from worker import reconciliation as room
waiting = [()]
room.enqueue = lambda task, *turn: waiting.append(turn)
room.time = types.SimpleNamespace(monotonic=itertools.count(0, 15).__next__)  # a turn is over after one step
turns = 0
while waiting and turns < LIMIT:
    room.reconcile_recent(*waiting.pop())
    turns += 1
print(turns)
"""
ONE_JOB = "from worker.reconciliation import reconcile_nightly as job; job()"
SHORT_TURNS = """
import itertools, types, worker
from app.payments.reconciliation.windows import nightly
from worker import reconciliation as room
room.time = types.SimpleNamespace(monotonic=itertools.count(0, 15).__next__)  # a turn is over after one step
with worker.application.flask_app.app_context():
    while not all(row.is_done for row in room._turn(nightly())):
        pass
"""


def work(programs: Programs, script: str, database: str) -> str:
    done = programs.run(script, {**os.environ, "DATABASE_URL": database})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_turn_that_ends_with_the_last_step_looks_at_old_differences_all_the_same(
    silent: Shop, third_database: str, programs: Programs
) -> None:
    said = "'checkout.session', 'cs_of_old', 'paid', 'pending', now() - interval '1 day'"
    columns = "id, kind, stripe_id, stripe_says, we_say, last_seen"
    db.session.execute(text(f"INSERT INTO difference ({columns}) VALUES (gen_random_uuid(), {said})"))
    db.session.commit()

    work(programs, SHORT_TURNS, third_database)

    assert db.session.scalar(text("SELECT count(*) FROM difference WHERE resolved_at IS NULL")) == 0


def test_a_key_that_lacks_a_permission_is_told_once_a_night_and_not_asked_with_for_ever(
    silent: Shop, third_database: str, programs: Programs
) -> None:
    silent.sandbox.control("/faults", path="/v1/disputes", method="GET", status=403, times=100)
    day = f"{now():%Y-%m-%d}"

    for _ in range(2):
        work(programs, ONE_JOB, third_database)

    told = silent.ops_mails()
    assert day in {row.subject_id for row in silent.rows(Alert)}
    assert len(told) == 1 or f"{now():%Y-%m-%d}" != day  # unless midnight passed
    assert "Stripe refuses what the nightly comparison" in told[0]
    assert "rak_" in told[0]


def test_the_recent_one_is_made_when_it_is_due(silent: Shop, third_database: str, programs: Programs) -> None:
    def reads() -> int:
        log = silent.sandbox.http.get(f"{silent.sandbox.stripe_url}/_sandbox/requests").json()["requests"]
        return len([each for each in log if each["method"] == "GET"])

    work(programs, RECENT, third_database)
    made = reads()
    assert made >= 6

    work(programs, RECENT, third_database)
    assert reads() == made

    db.session.execute(text("UPDATE reconciliation SET started_at = started_at - interval '1 hour'"))
    db.session.commit()
    work(programs, RECENT, third_database)
    assert reads() == 2 * made


def test_the_recent_one_takes_turn_after_turn_until_all_is_compared(
    silent: Shop, third_database: str, programs: Programs
) -> None:
    turns = int(work(programs, TURNS.replace("LIMIT", "99"), third_database))

    assert 3 < turns < 20
    assert {row.status for row in silent.rows(Reconciliation)} == {ReconciliationStatus.DONE}


def test_beat_resumes_a_run_only_when_its_next_turn_was_lost(
    silent: Shop, third_database: str, programs: Programs
) -> None:
    work(programs, TURNS.replace("LIMIT", "1"), third_database)
    begun = [row.point for row in silent.rows(Reconciliation)]

    work(programs, RECENT, third_database)
    assert [row.point for row in silent.rows(Reconciliation)] == begun

    db.session.execute(text("UPDATE reconciliation SET updated_at = now() - interval '3 minutes'"))
    db.session.commit()
    work(programs, RECENT, third_database)
    assert all(row.is_done for row in silent.rows(Reconciliation))
