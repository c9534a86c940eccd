"""Mails that wait to leave with others in one."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "email",
        sa.Column("held_back", sa.Boolean(), server_default=sa.false(), nullable=False),
        if_not_exists=True,
    )
    op.add_column("email", sa.Column("gathered_in", sa.Uuid(), nullable=True), if_not_exists=True)


def downgrade() -> None:
    # What waits leaves at once: each by itself, as there is nothing that puts them together.
    op.drop_column("email", "gathered_in")
    op.drop_column("email", "held_back")
