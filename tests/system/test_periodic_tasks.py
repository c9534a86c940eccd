"""Sweeps come one at a time, however many beats send them."""

import json

import pytest
from sqlalchemy import text

from tests.people import Person
from tests.programs import Programs
from tests.stack import Stack

SWEEP = "from worker.maintenance import delete_idempotency_keys as sweep; print('found', sweep())"
PORTIONED = """
import json
from app.privacy import retention
from app.queue import enqueue
from worker.maintenance import delete_events
retention.delete_events, sent = lambda: {found}, []
enqueue.enqueue_directly = lambda task, *arguments: sent.append(task)
delete_events()
print(json.dumps(sent))
"""
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('maintenance.delete_idempotency_keys'))")
OLD_KEY = text(
    "INSERT INTO idempotency_key (account_id, key, fingerprint, started_at)"
    " SELECT id, 'old', '', now() - interval '3 days' FROM account WHERE email = :email"
)


def found(programs: Programs, stack: Stack) -> str:
    """What a worker's sweep says."""
    done = programs.run(SWEEP, stack.variables)
    done.check_returncode()
    return str(done.stdout.strip())


def test_while_one_is_at_work_another_leaves_it_alone(
    stack: Stack, client: Person, programs: Programs
) -> None:
    with stack.database.begin() as connection:
        connection.execute(OLD_KEY, {"email": client.email})

    with stack.database.begin() as at_work:
        at_work.execute(LOCK)
        assert found(programs, stack) == "found 0"

    assert found(programs, stack) == "found 1"


@pytest.mark.parametrize(("found", "again"), [("retention.MOST", True), ("retention.MOST - 1", False)])
def test_a_sweep_that_found_as_many_as_it_may_comes_again(
    stack: Stack, programs: Programs, found: str, again: bool
) -> None:
    done = programs.run(PORTIONED.format(found=found), stack.variables)

    done.check_returncode()
    assert json.loads(done.stdout) == ["maintenance.delete_events"] * again
