"""Coaches whom an operator looks at before they are listed; those of before are approved."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_KINDS = (
    "'failed_refund', 'late_refund', 'unfunded_refund', 'stripe_event', 'difference', 'reconciliation',"
    " 'email', 'debt', 'recovery'"
)
_NOT_APPROVED = sa.text("approval <> 'approved'")


def upgrade() -> None:
    approval = sa.Column("approval", sa.String(32), server_default="approved", nullable=False)
    op.add_column("coach", approval, if_not_exists=True)
    op.add_column("coach", sa.Column("decline_reason", sa.Text(), nullable=True), if_not_exists=True)
    # squawk-ignore stands in the SQL: there is one only where an attempt was broken off.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE coach DROP CONSTRAINT IF EXISTS ck_coach_approval"
    )
    known = "approval IN ('waiting', 'approved', 'declined')"
    op.create_check_constraint("approval", "coach", known, postgresql_not_valid=True)
    _check_kind(f"{_KINDS}, 'coach'")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE coach VALIDATE CONSTRAINT ck_coach_approval")
        op.execute("ALTER TABLE trouble VALIDATE CONSTRAINT ck_trouble_kind")
        _create("ix_coach_at", ["created_at", "id"])
        _create("ix_coach_not_approved", ["approval", "created_at", "id"], _NOT_APPROVED)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("ix_coach_not_approved")
        _drop("ix_coach_at")
    op.execute("DELETE FROM trouble WHERE kind = 'coach'")
    _check_kind(_KINDS)
    op.drop_column("coach", "decline_reason", if_exists=True)
    op.drop_column("coach", "approval", if_exists=True)


def _create(name: str, columns: list[str], where: sa.TextClause | None = None) -> None:
    _drop(name)  # an attempt that was broken off leaves one that is not valid
    op.create_index(name, "coach", columns, postgresql_where=where, if_not_exists=True, postgresql_concurrently=True)


def _drop(name: str) -> None:
    op.drop_index(name, "coach", if_exists=True, postgresql_concurrently=True)


def _check_kind(kinds: str) -> None:
    """Of new rows: the table is not read under a lock that writers wait for."""
    # squawk-ignore stands in the SQL: what the constraint allowed before is allowed still.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE trouble DROP CONSTRAINT IF EXISTS ck_trouble_kind"
    )
    op.create_check_constraint("kind", "trouble", f"kind IN ({kinds})", postgresql_not_valid=True)
