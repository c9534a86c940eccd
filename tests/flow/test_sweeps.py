"""Sweeps come one at a time, however many beats send them."""

from sqlalchemy import text

from tests.flow.conftest import Stack
from tests.people import Person
from tests.programs import Programs

SWEEP = "from worker.maintenance import delete_idempotency_keys as sweep; print('found', sweep())"
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
