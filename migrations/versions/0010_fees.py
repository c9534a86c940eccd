"""What Stripe keeps of each payment; asked for all that were paid before."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NEW = ("fee_minor", "net_minor", "fee_currency", "stripe_balance_transaction_id", "fee_due_at", "fee_attempts")


def upgrade() -> None:
    op.add_column("payment", sa.Column("fee_minor", sa.Integer()))
    op.add_column("payment", sa.Column("net_minor", sa.Integer()))
    op.add_column("payment", sa.Column("fee_currency", sa.Text()))
    op.add_column("payment", sa.Column("stripe_balance_transaction_id", sa.Text()))
    op.add_column("payment", sa.Column("fee_due_at", sa.DateTime(timezone=True)))
    op.add_column("payment", sa.Column("fee_attempts", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE payment SET fee_due_at = now()"
        " WHERE status IN ('succeeded', 'partially_refunded', 'refunded')"
        " AND stripe_payment_intent_id IS NOT NULL"
    )
    op.create_index(
        "ix_payment_fee_due", "payment", ["fee_due_at"], postgresql_where=sa.text("fee_due_at IS NOT NULL")
    )


def downgrade() -> None:
    for column in reversed(_NEW):
        op.drop_column("payment", column)
