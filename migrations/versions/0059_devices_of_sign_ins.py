"""A sign-in says when it was last used and from where, coarsely."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in", sa.Column("device", sa.Text(), nullable=True))
    op.add_column("sign_in", sa.Column("network", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_in", "network")
    op.drop_column("sign_in", "device")
    op.drop_column("sign_in", "last_used_at")
