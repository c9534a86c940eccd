"""What made us give money back, and the language of the payment page."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment", sa.Column("locale", sa.Text(), nullable=False, server_default="auto"))
    op.alter_column("payment", "locale", server_default=None)
    op.add_column("refund", sa.Column("cause", sa.String(32), nullable=False, server_default="returned"))
    op.alter_column("refund", "cause", server_default=None)
    op.execute(
        "UPDATE refund SET cause = CASE reason WHEN 'the booking was cancelled' THEN 'cancelled'"
        " WHEN 'made in Stripe''s dashboard' THEN 'dashboard' ELSE 'returned' END"
    )
    op.create_check_constraint(
        "cause", "refund", "cause IN ('cancelled', 'returned', 'by_hand', 'dashboard')"
    )


def downgrade() -> None:
    op.drop_constraint("ck_refund_cause", "refund")
    op.drop_column("refund", "cause")
    op.drop_column("payment", "locale")
