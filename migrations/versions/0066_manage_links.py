"""Which links in mails to a booking are valid: those of the present generation."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("link_generation", sa.Integer(), nullable=False, server_default="0")
    op.add_column("booking", column)


def downgrade() -> None:
    op.drop_column("booking", "link_generation")
