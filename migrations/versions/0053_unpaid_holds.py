"""Who asked for unpaid times from where, and which came to nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unpaid_hold",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["account.id"], name=op.f("fk_unpaid_hold_client_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unpaid_hold")),
        if_not_exists=True,
    )
    op.create_index("ix_unpaid_hold_of_client", "unpaid_hold", ["client_id", "lapsed_at"], if_not_exists=True)
    op.create_index("ix_unpaid_hold_of_network", "unpaid_hold", ["network", "lapsed_at"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("unpaid_hold")
