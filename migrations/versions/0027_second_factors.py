"""Second factors, and their recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("second_factor_since", sa.DateTime(timezone=True)))
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger()),
        sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("wrong_since", sa.DateTime(timezone=True)),
    )
    owner = sa.ForeignKey("second_factor.account_id", ondelete="CASCADE")
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Uuid(), owner, primary_key=True),
        sa.Column("code_hash", sa.Text(), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    op.drop_column("account", "second_factor_since")
