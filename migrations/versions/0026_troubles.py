"""What waits for a person, told in one mail for all that is new."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_KINDS = "('failed_refund', 'late_refund', 'stripe_event', 'difference', 'reconciliation', 'email')"


def upgrade() -> None:
    op.create_table(
        "trouble",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"kind IN {_KINDS}", name="kind"),
        sa.UniqueConstraint("kind", "subject_id", name="uq_trouble_once"),
    )
    op.create_index("ix_trouble_at", "trouble", ["created_at", "id"])
    op.create_index("ix_trouble_untold", "trouble", ["kind"], postgresql_where=sa.text("told_at IS NULL"))
    op.create_index("ix_trouble_told_at", "trouble", ["told_at"])


def downgrade() -> None:
    op.drop_table("trouble")
