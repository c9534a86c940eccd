"""An operator tries again, or no more, what is to be moved after a dispute."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

_STATUSES = "'pending', 'succeeded', 'canceled', 'failed'"


def upgrade() -> None:
    lease = sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("recovery", lease, if_not_exists=True)
    _check_status(f"{_STATUSES}, 'discarded'")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE recovery VALIDATE CONSTRAINT ck_recovery_status")
        op.create_index(
            "ix_recovery_at",
            "recovery",
            ["created_at", "id"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_recovery_at", "recovery", postgresql_concurrently=True, if_exists=True)
    op.execute("UPDATE recovery SET status = 'failed' WHERE status = 'discarded'")
    _check_status(_STATUSES)
    op.drop_column("recovery", "lease_expires_at")


def _check_status(statuses: str) -> None:
    """Of new rows: the table is not read under a lock that writers wait for."""
    # squawk-ignore stands in the SQL: what the constraint allowed before is allowed still.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\n"
        "ALTER TABLE recovery DROP CONSTRAINT IF EXISTS ck_recovery_status"
    )
    op.create_check_constraint("status", "recovery", f"status IN ({statuses})", postgresql_not_valid=True)
