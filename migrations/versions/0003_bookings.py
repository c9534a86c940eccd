"""Bookings, and the constraints that let no time be sold twice."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATUS = "('pending', 'confirmed', 'completed', 'no_show', 'cancelled', 'expired')"
_ALIVE = sa.text("status IN ('pending', 'confirmed')")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")  # a uuid in a GiST exclusion needs it
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("coach_id", sa.Uuid(), sa.ForeignKey("coach.id"), nullable=False, index=True),
        sa.Column("client_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("period", TSTZRANGE(), nullable=False),
        sa.Column("busy", TSTZRANGE(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("coach_time_zone", sa.Text(), nullable=False),
        sa.Column("client_time_zone", sa.Text(), nullable=False),
        sa.Column("video_url", sa.Text()),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True)),
        sa.Column("calendar_sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"status IN {_STATUS}", name="status"),
        ExcludeConstraint(("coach_id", "="), ("busy", "&&"), where=_ALIVE, name="no_coach_twice"),
        ExcludeConstraint(("client_id", "="), ("period", "&&"), where=_ALIVE, name="no_client_twice"),
    )
    op.create_index(
        "ix_booking_running_hold", "booking", ["hold_expires_at"], postgresql_where=sa.text("status = 'pending'")
    )
    op.create_table(
        "booking_move",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("booking_id", sa.Uuid(), sa.ForeignKey("booking.id"), nullable=False, index=True),
        sa.Column("before", sa.String(32)),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.CheckConstraint(f"before IN {_STATUS}", name="before"),
        sa.CheckConstraint(f"after IN {_STATUS}", name="after"),
    )


def downgrade() -> None:
    op.drop_table("booking_move")
    op.drop_table("booking")
