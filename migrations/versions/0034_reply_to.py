"""Mails about a session are answered by its other party."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("email", sa.Column("reply_to", sa.Text()), if_not_exists=True)


def downgrade() -> None:
    op.drop_column("email", "reply_to", if_exists=True)
