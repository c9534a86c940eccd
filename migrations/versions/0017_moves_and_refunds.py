"""What moving a session means for its refund: nobody moves it away from the policy."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking", sa.Column("moved_by", sa.String(32)))
    op.create_check_constraint("moved_by", "booking", "moved_by IN ('client', 'coach', 'admin')")
    op.add_column(
        "booking", sa.Column("refund_percent_at_most", sa.Integer(), nullable=False, server_default="100")
    )
    op.alter_column("booking", "refund_percent_at_most", server_default=None)


def downgrade() -> None:
    op.drop_column("booking", "refund_percent_at_most")
    op.drop_constraint("ck_booking_moved_by", "booking")
    op.drop_column("booking", "moved_by")
