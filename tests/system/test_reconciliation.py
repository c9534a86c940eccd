"""Beat's comparisons with Stripe, as the workers do them."""

from sqlalchemy import text

from app.payments.reconciliation.run import LOCK
from tests.programs import CELERY, Programs
from tests.stack import Stack
from tests.system.outcomes import settled
from tests.waiting import wait_until


def done(stack: Stack) -> set[tuple[str, str]]:
    with stack.database.connect() as connection:
        rows = connection.execute(text("SELECT name, stage FROM reconciliation WHERE status = 'done'"))
        return {(row.name, row.stage) for row in rows}


def call(programs: Programs, stack: Stack, task: str) -> None:
    programs.run(CELERY, stack.variables, "-A", "worker", "call", task).check_returncode()


def test_the_workers_compare_what_is_recent_and_what_was_of_late(stack: Stack, programs: Programs) -> None:
    settled(stack)
    stack.sandbox.control("/reset")  # what other tests left there is not of this shop

    call(programs, stack, "payments.reconcile_recent")
    wait_until(lambda: len({stage for name, stage in done(stack) if name == "recent"}) == 8)

    call(programs, stack, "payments.reconcile_nightly")
    wait_until(lambda: len({stage for name, stage in done(stack) if name == "nightly"}) == 9)


def test_the_nightly_one_waits_while_another_is_at_work(stack: Stack, programs: Programs) -> None:
    with stack.database.begin() as connection:
        connection.execute(text("DELETE FROM reconciliation WHERE name = 'nightly'"))
    with stack.database.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        call(programs, stack, "payments.reconcile_nightly")
        wait_until(lambda: stack.has_logged("nightly reconciliation waits: Another"))
        assert not [stage for name, stage in done(stack) if name == "nightly"]
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})

    wait_until(lambda: len({stage for name, stage in done(stack) if name == "nightly"}) == 9)
