"""When Stripe said that nobody can pay in a session any more."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment", sa.Column("session_ended_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("payment", "session_ended_at")
