"""Payments of which a card's issuer suspects that the cardholder did not make them."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

_KINDS = (
    "'failed_refund', 'late_refund', 'unfunded_refund', 'stripe_event', 'difference', 'reconciliation',"
    " 'email', 'debt', 'recovery', 'coach'"
)


def upgrade() -> None:
    op.create_table(
        "fraud_warning",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("stripe_warning_id", sa.Text(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("fraud_type", sa.Text(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'refunded', 'not_actionable')", name=op.f("ck_fraud_warning_status")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_fraud_warning_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fraud_warning")),
        sa.UniqueConstraint("stripe_warning_id", name=op.f("uq_fraud_warning_stripe_warning_id")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_fraud_warning_payment_id"), "fraud_warning", ["payment_id"], if_not_exists=True)
    op.create_index("ix_fraud_warning_at", "fraud_warning", ["created_at", "id"], if_not_exists=True)
    op.create_index(
        "ix_fraud_warning_open",
        "fraud_warning",
        ["created_at", "id"],
        postgresql_where=sa.text("status = 'open'"),
        if_not_exists=True,
    )
    _check_kind(f"{_KINDS}, 'fraud_warning'")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE trouble VALIDATE CONSTRAINT ck_trouble_kind")


def downgrade() -> None:
    op.execute("DELETE FROM trouble WHERE kind = 'fraud_warning'")
    _check_kind(_KINDS)
    op.drop_table("fraud_warning")


def _check_kind(kinds: str) -> None:
    """Of new rows: the table is not read under a lock that writers wait for."""
    # squawk-ignore stands in the SQL: what the constraint allowed before is allowed still.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE trouble DROP CONSTRAINT IF EXISTS ck_trouble_kind"
    )
    op.create_check_constraint("kind", "trouble", f"kind IN ({kinds})", postgresql_not_valid=True)
