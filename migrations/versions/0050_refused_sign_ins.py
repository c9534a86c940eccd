"""Wrong passwords and codes by the hour, in place of an audit row each."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refused_sign_ins",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("addresses", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("what IN ('password', 'code')", name=op.f("ck_refused_sign_ins_what")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_sign_ins")),
        sa.UniqueConstraint("subject", "what", "hour", name=op.f("uq_refused_sign_ins_subject_what_hour")),
        if_not_exists=True,
    )
    op.create_index(
        "ix_refused_sign_ins_at", "refused_sign_ins", ["created_at", "id"], if_not_exists=True
    )


def downgrade() -> None:
    op.drop_table("refused_sign_ins")
