"""Coaches' accounts that Stripe sends nothing on to, and refunds that it does not take back from there."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payout_account", sa.Column("refusal", sa.Text()))
    op.add_column("refund", sa.Column("from_ours", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE payout_account SET due_at = now() WHERE due_at IS NULL AND stripe_account_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("refund", "from_ours")
    op.drop_column("payout_account", "refusal")
