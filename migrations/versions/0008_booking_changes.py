"""Bookings that are cancelled, moved and reminded of; feeds for calendars."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_POLICY = '{"tiers": [{"hours_before": 24, "refund_percent": 100}], ' \
    '"client_notice_minutes": 0, "coach_notice_minutes": 0}'


def upgrade() -> None:
    op.add_column(
        "account", sa.Column("reminder_hours", sa.ARRAY(sa.SmallInteger()), nullable=False, server_default="{24,1}")
    )
    op.alter_column("account", "reminder_hours", server_default=None)
    op.add_column("account", sa.Column("feed_token_hash", sa.Text()))
    op.create_unique_constraint("uq_account_feed_token_hash", "account", ["feed_token_hash"])
    op.add_column("booking", sa.Column("policy", JSONB(), nullable=False, server_default=_POLICY))
    op.alter_column("booking", "policy", server_default=None)
    op.add_column("booking", sa.Column("next_reminder_at", sa.DateTime(timezone=True)))
    op.add_column("booking", sa.Column("cancelled_by", sa.String(32)))
    op.add_column("booking", sa.Column("cancelled_at", sa.DateTime(timezone=True)))
    op.add_column("booking", sa.Column("cancel_reason", sa.Text()))
    op.add_column("booking", sa.Column("cancel_refund_percent", sa.Integer()))
    op.create_check_constraint("cancelled_by", "booking", "cancelled_by IN ('client', 'coach', 'admin')")
    op.drop_index("ix_booking_coach_id", "booking")
    op.drop_index("ix_booking_client_id", "booking")
    op.create_index("ix_booking_of_client", "booking", ["client_id", sa.text("lower(period)"), "id"])
    op.create_index("ix_booking_of_coach", "booking", ["coach_id", sa.text("lower(period)"), "id"])
    op.create_index(
        "ix_booking_coming", "booking", [sa.text("lower(period)")], postgresql_where=sa.text("status = 'confirmed'")
    )
    op.create_index(
        "ix_booking_reminder",
        "booking",
        ["next_reminder_at"],
        postgresql_where=sa.text("status = 'confirmed'"),
    )
    op.drop_constraint("ck_email_status", "email")
    op.create_check_constraint(
        "status", "email", "status IN ('queued', 'sending', 'sent', 'failed', 'withdrawn')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM email WHERE status = 'withdrawn'")
    op.drop_constraint("ck_email_status", "email")
    op.create_check_constraint("status", "email", "status IN ('queued', 'sending', 'sent', 'failed')")
    op.drop_index("ix_booking_reminder", "booking")
    op.drop_index("ix_booking_coming", "booking")
    op.drop_index("ix_booking_of_coach", "booking")
    op.drop_index("ix_booking_of_client", "booking")
    op.create_index("ix_booking_client_id", "booking", ["client_id"])
    op.create_index("ix_booking_coach_id", "booking", ["coach_id"])
    op.drop_constraint("ck_booking_cancelled_by", "booking")
    for column in ("cancel_refund_percent", "cancel_reason", "cancelled_at", "cancelled_by", "next_reminder_at", "policy"):
        op.drop_column("booking", column)
    op.drop_column("account", "feed_token_hash")
    op.drop_column("account", "reminder_hours")
