"""Which deployment asked for a payment, of those that share a Stripe account."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment", sa.Column("deployment_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("payment", "deployment_id")
