"""Coaches and their weekly hours."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coach",
        sa.Column("id", sa.Uuid(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("hourly_rate_minor", sa.Integer()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("durations", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("minimum_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("slot_step_minutes", sa.Integer(), nullable=False),
        sa.Column("video_url", sa.Text()),
        sa.CheckConstraint("hourly_rate_minor > 0", name="hourly_rate"),
        sa.CheckConstraint("slot_step_minutes BETWEEN 5 AND 240", name="slot_step"),
        sa.CheckConstraint("buffer_before_minutes BETWEEN 0 AND 240", name="buffer_before"),
        sa.CheckConstraint("buffer_after_minutes BETWEEN 0 AND 240", name="buffer_after"),
    )
    op.create_table(
        "weekly_hours",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("coach_id", sa.Uuid(), sa.ForeignKey("coach.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=False),
        sa.Column("end_time", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
    )


def downgrade() -> None:
    op.drop_table("weekly_hours")
    op.drop_table("coach")
