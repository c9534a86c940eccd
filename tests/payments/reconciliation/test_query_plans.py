"""However many rows there are, none of our tables is read from end to end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from app.extensions import db
from tests.payments.reconciliation.comparisons import differences, reconciled
from tests.people import Person, next_week
from tests.shop import Shop

ROWS = 10_000
OTHERWISE = {
    "payment": """'id', md5('payment' || n)::uuid, 'created_at', now() - n * interval '1 hour',
        'session_ended_at', now(), 'status', (ARRAY['succeeded', 'expired', 'failed'])[n % 3 + 1],
        'stripe_session_id', 'cs_old_' || n,
        'stripe_payment_intent_id', 'pi_old_' || n, 'stripe_charge_id', 'ch_old_' || n""",
    "refund": """'id', gen_random_uuid(), 'created_at', now() - n * interval '1 hour',
        'payment_id', md5('payment' || n)::uuid, 'status', 'succeeded', 'stripe_refund_id', 're_old_' || n""",
    "dispute": """'id', gen_random_uuid(), 'created_at', now() - n * interval '1 hour',
        'payment_id', md5('payment' || n)::uuid, 'stripe_dispute_id', 'dp_old_' || n, 'status', 'won',
        'decided_at', now() - interval '60 days', 'warn_at', NULL""",
    "stripe_event": """'id', 'evt_old_' || n, 'received_at', now() - n * interval '1 minute',
        'status', 'processed'""",
    "difference": """'id', gen_random_uuid(), 'created_at', now() - n * interval '1 hour', 'our_id',
        gen_random_uuid(), 'stripe_id', 're_old_' || n, 'resolved_at', now()""",
}
"""How an old row differs from one that is there."""


def grow_old() -> None:
    """Years of rows, most of them long done."""
    for table, otherwise in OTHERWISE.items():
        clone = f"jsonb_populate_record(one, jsonb_build_object({otherwise}))"
        rows = f"(SELECT {table} AS one FROM {table} LIMIT 1) old CROSS JOIN generate_series(1, {ROWS}) n"
        db.session.execute(text(f"INSERT INTO {table} SELECT ({clone}).* FROM {rows}"))
        db.session.execute(text(f"ANALYZE {table}"))
    db.session.commit()


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile."""
    connection: Any = db.engines[None]
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if not many and statement.lstrip().split()[0] in {"SELECT", "UPDATE", "DELETE"}:
            asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(connection, "before_cursor_execute", note)


def scanned(statement: str, values: Any) -> list[str]:
    """Which big tables it reads from end to end."""
    plan = "\n".join(db.session.connection().exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    return [table for table in OTHERWISE if re.search(rf"Seq Scan on {table}\b", plan)]


def test_every_question_to_our_tables_reads_an_index(silent: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    silent.paid(checkout)
    silent.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=2500)
    silent.sandbox.control(f"/payments/{checkout['session_id']}/dispute", amount=1000)
    client.checks_out(client.books(coach, next_week(12)))
    db.session.execute(text("UPDATE payment SET status = 'succeeded' WHERE status = 'pending'"))
    db.session.commit()
    reconciled(silent)
    grow_old()
    silent.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=2500)

    with statements() as asked:
        reconciled(silent)

    assert differences(silent)
    assert len(asked) > 50
    assert {statement: found for statement, values in asked if (found := scanned(statement, values))} == {}
