"""A coach's calendar: other hours by date, stays in other zones, time off, prices a length, the policy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, ExcludeConstraint

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_POLICY = (
    '{"tiers": [{"hours_before": 24, "refund_percent": 100}, {"hours_before": 0, "refund_percent": 0}],'
    ' "client_notice_minutes": 0, "coach_notice_minutes": 0}'
)


def upgrade() -> None:
    op.add_column("coach", sa.Column("max_per_day", sa.Integer()))
    op.add_column("coach", sa.Column("prices_minor", JSONB(), nullable=False, server_default="{}"))
    op.add_column("coach", sa.Column("cancellation_policy", JSONB(), nullable=False, server_default=_POLICY))
    op.execute(
        "ALTER TABLE coach ADD CONSTRAINT ck_coach_max_per_day CHECK (max_per_day BETWEEN 1 AND 100) NOT VALID"
    )
    op.execute("ALTER TABLE coach VALIDATE CONSTRAINT ck_coach_max_per_day")
    _create("date_override", sa.Column("local_date", sa.Date(), nullable=False), sa.Column("hours", JSONB(), nullable=False))
    op.create_unique_constraint("uq_date_override_coach_id_local_date", "date_override", ["coach_id", "local_date"])
    _create(
        "stay",
        sa.Column("dates", DATERANGE(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        ExcludeConstraint(("coach_id", "="), ("dates", "&&"), name="no_two_stays_at_once"),
    )
    _create(
        "time_off",
        sa.Column("local_start", sa.DateTime(timezone=False), nullable=False),
        sa.Column("local_end", sa.DateTime(timezone=False), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("local_start < local_end", name="order"),
    )
    op.create_index("ix_time_off_of_coach", "time_off", ["coach_id", "local_start", "id"])


def _create(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("coach_id", sa.Uuid(), sa.ForeignKey("coach.id", ondelete="CASCADE"), nullable=False),
        *columns,
    )


def downgrade() -> None:
    op.drop_table("time_off")
    op.drop_table("stay")
    op.drop_table("date_override")
    op.drop_column("coach", "cancellation_policy")
    op.drop_column("coach", "prices_minor")
    op.drop_column("coach", "max_per_day")
