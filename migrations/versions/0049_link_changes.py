"""Coaches whose new video link is still to reach the sessions to come."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "coach", sa.Column("link_changed_at", sa.DateTime(timezone=True), nullable=True), if_not_exists=True
    )
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_coach_link_changed",
            "coach",
            ["link_changed_at"],
            postgresql_where=sa.text("link_changed_at IS NOT NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_coach_link_changed", "coach", postgresql_concurrently=True, if_exists=True)
    op.drop_column("coach", "link_changed_at")
