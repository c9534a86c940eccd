"""How far a payer's latest attempt to pay has come, so that late news of an earlier one changes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment", sa.Column("attempt_stage", sa.Integer()), if_not_exists=True)
    op.add_column("payment", sa.Column("attempt_at", sa.DateTime(timezone=True)), if_not_exists=True)


def downgrade() -> None:
    op.drop_column("payment", "attempt_at", if_exists=True)
    op.drop_column("payment", "attempt_stage", if_exists=True)
