"""Payments, refunds, and Stripe's events."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATUS = "('pending', 'processing', 'succeeded', 'failed', 'expired', 'partially_refunded', 'refunded')"


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("booking_id", sa.Uuid(), sa.ForeignKey("booking.id"), nullable=False, index=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("amount_refunded_minor", sa.Integer(), nullable=False),
        sa.Column("success_url", sa.Text(), nullable=False),
        sa.Column("cancel_url", sa.Text(), nullable=False),
        sa.Column("session_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_url", sa.Text()),
        sa.Column("stripe_session_id", sa.Text(), unique=True),
        sa.Column("stripe_payment_intent_id", sa.Text(), unique=True),
        sa.Column("stripe_charge_id", sa.Text(), unique=True),
        sa.Column("receipt_url", sa.Text()),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_message", sa.Text()),
        sa.CheckConstraint(f"status IN {_STATUS}", name="status"),
        sa.CheckConstraint("amount_refunded_minor BETWEEN 0 AND amount_minor", name="refunded"),
    )
    op.add_column("booking", sa.Column("payment_id", sa.Uuid()))
    op.create_unique_constraint("uq_booking_payment_id", "booking", ["payment_id"])
    op.create_foreign_key("fk_booking_payment_id", "booking", "payment", ["payment_id"], ["id"])
    op.create_table(
        "payment_move",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("payment_id", sa.Uuid(), sa.ForeignKey("payment.id"), nullable=False, index=True),
        sa.Column("before", sa.String(32), nullable=False),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.CheckConstraint(f"before IN {_STATUS}", name="before"),
        sa.CheckConstraint(f"after IN {_STATUS}", name="after"),
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("payment_id", sa.Uuid(), sa.ForeignKey("payment.id"), nullable=False, index=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stripe_refund_id", sa.Text(), unique=True),
        sa.Column("failure_reason", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("stripe_failures", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'requires_action', 'succeeded', 'failed', 'canceled')", name="status"
        ),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
    )
    op.create_index(
        "ix_refund_due",
        "refund",
        ["due_at"],
        postgresql_where=sa.text("status = 'pending' AND stripe_refund_id IS NULL"),
    )
    op.create_table(
        "stripe_event",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payment_intent_id", sa.Text()),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('received', 'processed', 'ignored', 'failed')", name="status"),
    )
    op.create_index(
        "ix_stripe_event_due", "stripe_event", ["due_at"], postgresql_where=sa.text("status = 'received'")
    )

    op.create_index(
        "ix_stripe_event_ignored_refund",
        "stripe_event",
        ["payment_intent_id"],
        postgresql_where=sa.text("status = 'ignored' AND type LIKE 'refund.%'"),
    )


def downgrade() -> None:
    op.drop_table("stripe_event")
    op.drop_table("refund")
    op.drop_table("payment_move")
    op.drop_column("booking", "payment_id")
    op.drop_table("payment")
