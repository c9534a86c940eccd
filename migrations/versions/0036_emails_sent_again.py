"""When an operator last had a mail sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("email", sa.Column("resend_requested_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("email", "resend_requested_at")
