"""Why a refund is made, how a payment was paid, and how often Stripe failed to open a coach's account."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def upgrade() -> None:
    op.execute("ALTER TABLE refund ADD COLUMN IF NOT EXISTS stripe_reason varchar(32)")
    # The constraint is new: it is dropped where an upgrade broke off, and is begun again.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE refund DROP CONSTRAINT IF EXISTS ck_refund_stripe_reason"
    )
    op.create_check_constraint(
        "stripe_reason", "refund", f"stripe_reason IN {_REASONS}", postgresql_not_valid=True
    )
    op.execute("ALTER TABLE payment ADD COLUMN IF NOT EXISTS method text")
    op.execute(
        "ALTER TABLE payout_account ADD COLUMN IF NOT EXISTS stripe_failures integer DEFAULT 0 NOT NULL"
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE refund VALIDATE CONSTRAINT ck_refund_stripe_reason")


def downgrade() -> None:
    op.drop_column("payout_account", "stripe_failures")
    op.drop_column("payment", "method")
    op.drop_column("refund", "stripe_reason")
