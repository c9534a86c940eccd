"""What Stripe keeps for handling a dispute."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispute", sa.Column("fee_minor", sa.Integer()))
    op.add_column("dispute", sa.Column("fee_currency", sa.Text()))


def downgrade() -> None:
    op.drop_column("dispute", "fee_currency")
    op.drop_column("dispute", "fee_minor")
