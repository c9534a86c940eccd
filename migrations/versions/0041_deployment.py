"""Who we are at Stripe, where several deployments share one account."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deployment",
        sa.Column("is_only", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_deployment_one_row")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_deployment")),
    )
    # Made at once, so that every backup has it: what is paid after the backup is still known as ours.
    op.execute("INSERT INTO deployment (id, made_at) VALUES (gen_random_uuid(), now())")


def downgrade() -> None:
    op.drop_table("deployment")
