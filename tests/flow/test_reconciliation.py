"""Beat's comparisons with Stripe, as the workers do them."""

import subprocess

from sqlalchemy import text

from tests.flow.conftest import BIN, HERE, Stack
from tests.flow.seeing import settled
from tests.waiting import wait_until


def done(stack: Stack) -> set[tuple[str, str]]:
    with stack.database.connect() as connection:
        rows = connection.execute(text("SELECT name, stage FROM reconciliation WHERE status = 'done'"))
        return {(row.name, row.stage) for row in rows}


def test_the_workers_compare_what_is_recent_and_what_was_of_late(stack: Stack) -> None:
    settled(stack)
    stack.sandbox.control("/reset")  # what other tests left there is not of this shop
    for task in ("payments.reconcile_recent", "payments.reconcile_nightly"):
        command = [BIN / "celery", "-A", "worker", "call", task]
        subprocess.run(command, cwd=HERE, env=stack.variables, check=True, capture_output=True)

    wait_until(lambda: len({stage for name, stage in done(stack) if name == "recent"}) == 7, 60)
    wait_until(lambda: len({stage for name, stage in done(stack) if name == "nightly"}) == 9, 60)
