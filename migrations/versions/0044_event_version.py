"""Which version of Stripe's API an event is written in."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stripe_event", sa.Column("api_version", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("stripe_event", "api_version")
