"""Indexes in the order of each list: a coach's, a client's, everybody's, with a status and without.

A page of one status read all that somebody ever booked when there was nothing to show; an admin's read the
whole table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_START = sa.text("lower(period)")
_ADDED = {
    "booking": {
        "ix_booking_by_start": [_START, "id"],
        "ix_booking_by_status": ["status", _START, "id"],
        "ix_booking_of_client_by_status": ["client_id", "status", _START, "id"],
        "ix_booking_of_coach_by_status": ["coach_id", "status", _START, "id"],
    },
    "payment": {
        "ix_payment_at": ["created_at", "id"],
        "ix_payment_by_status": ["status", "created_at", "id"],
        "ix_payment_of_client_by_status": ["client_id", "status", "created_at", "id"],
        "ix_payment_of_coach_by_status": ["coach_id", "status", "created_at", "id"],
    },
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, indexes in _ADDED.items():
            for name, columns in indexes.items():
                _drop(name, table)  # an attempt that was broken off leaves one that is not valid
                op.create_index(name, table, columns, postgresql_concurrently=True)
        _drop("ix_booking_coming", "booking")  # the one by status finds these as well


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("ix_booking_coming", "booking")
        op.create_index(
            "ix_booking_coming",
            "booking",
            [_START],
            postgresql_where=sa.text("status = 'confirmed'"),
            postgresql_concurrently=True,
        )
        for table, indexes in _ADDED.items():
            for name in indexes:
                _drop(name, table)


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
