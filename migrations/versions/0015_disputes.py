"""Disputes and inquiries, and their events told before their payment is known."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STATUS = (
    "('warning_needs_response', 'warning_under_review', 'warning_closed', 'needs_response', 'under_review',"
    " 'appeal_needs_response', 'appeal_under_review', 'prevented', 'lost', 'won')"
)


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("payment_id", sa.Uuid(), sa.ForeignKey("payment.id"), nullable=False, index=True),
        sa.Column("stripe_dispute_id", sa.Text(), nullable=False, unique=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_charge_refundable", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_by", sa.DateTime(timezone=True)),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.Column("fund_moves", sa.Integer(), nullable=False),
        sa.Column("withdrawn_minor", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("evidence_submitted_at", sa.DateTime(timezone=True)),
        sa.Column("told_deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"status IN {_STATUS}", name="status"),
    )
    op.create_index("ix_dispute_at", "dispute", ["created_at", "id"])
    op.create_index(
        "ix_dispute_to_warn_of", "dispute", ["warn_at"], postgresql_where=sa.text("warn_at IS NOT NULL")
    )
    _index_of_ignored("ix_stripe_event_ignored_early", "type LIKE 'refund.%' OR type LIKE 'charge.dispute.%'")
    with op.get_context().autocommit_block():
        op.drop_index("ix_stripe_event_ignored_refund", "stripe_event", postgresql_concurrently=True)


def downgrade() -> None:
    _index_of_ignored("ix_stripe_event_ignored_refund", "type LIKE 'refund.%'")
    with op.get_context().autocommit_block():
        op.drop_index("ix_stripe_event_ignored_early", "stripe_event", postgresql_concurrently=True)
    op.drop_table("dispute")


def _index_of_ignored(name: str, types: str) -> None:
    """Without a lock that would make Stripe's events wait."""
    with op.get_context().autocommit_block():
        op.create_index(
            name,
            "stripe_event",
            ["payment_intent_id"],
            postgresql_where=sa.text(f"status = 'ignored' AND ({types})"),
            postgresql_concurrently=True,
        )
