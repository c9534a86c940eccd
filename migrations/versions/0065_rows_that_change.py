"""Fewer index entries for each change of a row, and room for changes on its page."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

_START = sa.text("lower(period)")
_UNATTENDED = "status IN ('cancelled', 'expired', 'no_show')"
_NOT_SUCCEEDED = "status <> 'succeeded'"
_OTHER_TYPES = "type NOT IN ('checkout.session.completed', 'payment_intent.succeeded')"

# table: index, columns, condition
_ADDED = [
    ("booking", "ix_booking_of_client_unattended", ["client_id", "status", _START, "id"], _UNATTENDED),
    ("booking", "ix_booking_of_coach_unattended", ["coach_id", "status", _START, "id"], _UNATTENDED),
    ("booking", "ix_booking_not_completed", ["status", _START, "id"], "status <> 'completed'"),
    (
        "payment",
        "ix_payment_of_client_not_succeeded",
        ["client_id", "status", "created_at", "id"],
        _NOT_SUCCEEDED,
    ),
    (
        "payment",
        "ix_payment_of_coach_not_succeeded",
        ["coach_id", "status", "created_at", "id"],
        _NOT_SUCCEEDED,
    ),
    ("payment", "ix_payment_not_succeeded", ["status", "created_at", "id"], _NOT_SUCCEEDED),
    ("refund", "ix_refund_not_succeeded", ["status", "created_at", "id"], _NOT_SUCCEEDED),
    (
        "email",
        "ix_email_failed_or_withdrawn",
        ["status", "created_at", "id"],
        "status IN ('failed', 'withdrawn')",
    ),
    ("stripe_event", "ix_stripe_event_of_other_type", ["type", "received_at", "id"], _OTHER_TYPES),
    (
        "stripe_event",
        "ix_stripe_event_failed_or_ignored",
        ["status", "received_at", "id"],
        "status IN ('failed', 'ignored')",
    ),
]
_DROPPED = [
    ("booking", "ix_booking_of_client_by_status", ["client_id", "status", _START, "id"], None),
    ("booking", "ix_booking_of_coach_by_status", ["coach_id", "status", _START, "id"], None),
    ("booking", "ix_booking_by_status", ["status", _START, "id"], None),
    ("payment", "ix_payment_of_client_by_status", ["client_id", "status", "created_at", "id"], None),
    ("payment", "ix_payment_of_coach_by_status", ["coach_id", "status", "created_at", "id"], None),
    ("payment", "ix_payment_by_status", ["status", "created_at", "id"], None),
    ("refund", "ix_refund_by_status", ["status", "created_at", "id"], None),
    ("email", "ix_email_not_sent", ["status", "created_at", "id"], "status <> 'sent'"),
    ("stripe_event", "ix_stripe_event_of_type", ["type", "received_at", "id"], None),
    (
        "stripe_event",
        "ix_stripe_event_not_processed",
        ["status", "received_at", "id"],
        "status <> 'processed'",
    ),
]
_OFTEN_CLEANED = {
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
}
_STORED = {
    "booking": {"fillfactor": "80", **_OFTEN_CLEANED},
    "payment": {"fillfactor": "80", **_OFTEN_CLEANED},
    "refund": {"fillfactor": "80", **_OFTEN_CLEANED},
    "email": {"fillfactor": "70", "toast_tuple_target": "400", **_OFTEN_CLEANED},
    "stripe_event": {"fillfactor": "90", **_OFTEN_CLEANED},
    "sign_in": {"fillfactor": "80", **_OFTEN_CLEANED},
    "coach": {"fillfactor": "80", "autovacuum_analyze_scale_factor": "0.02"},
    "booking_move": _OFTEN_CLEANED,
    "payment_move": _OFTEN_CLEANED,
    "ledger_entry": _OFTEN_CLEANED,
    "audit_entry": _OFTEN_CLEANED,
}
"""Settings of pages that are written from now on: rows stay where they are."""


def upgrade() -> None:
    _exchange(_ADDED, _DROPPED)
    for table, settings in _STORED.items():
        given = ", ".join(f"{name} = {value}" for name, value in settings.items())
        op.execute(f"ALTER TABLE {table} SET ({given})")


def downgrade() -> None:
    for table, settings in _STORED.items():
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(settings)})")
    _exchange(_DROPPED, _ADDED)


def _exchange(added: list, dropped: list) -> None:
    """The new ones first: each list has its index at any time."""
    with op.get_context().autocommit_block():
        for table, name, columns, condition in added:
            _drop(name, table)  # an attempt that was broken off leaves one that is not valid
            op.create_index(
                name,
                table,
                columns,
                if_not_exists=True,
                postgresql_concurrently=True,
                postgresql_where=None if condition is None else sa.text(condition),
            )
        for table, name, *_ in dropped:
            _drop(name, table)


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
