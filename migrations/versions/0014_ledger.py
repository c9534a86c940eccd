"""The books of what came in and went out for each coach; what was paid and refunded before is entered."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment", sa.Column("commission_minor", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("coach_id", sa.Uuid(), sa.ForeignKey("coach.id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), sa.ForeignKey("payment.id"), nullable=False),
        sa.Column("booking_id", sa.Uuid(), sa.ForeignKey("booking.id")),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name="amount"),
        sa.CheckConstraint("kind IN ('payment', 'refund', 'dispute', 'fee', 'commission')", name="kind"),
    )
    op.execute(
        """
        INSERT INTO ledger_entry
            (created_at, coach_id, day, payment_id, booking_id, kind, source_id, amount_minor, currency)
        SELECT at, coach.id, (at AT TIME ZONE coach.time_zone)::date, payment_id, booking_id, kind, source_id,
            moved.amount_minor, moved.currency
        FROM (
            SELECT coalesce(paid.at, payment.created_at) AS at, coach_id, payment.id AS payment_id, booking_id,
                'payment' AS kind, payment.id AS source_id, line.amount_minor, currency
            FROM payment
            JOIN payment_line line ON line.payment_id = payment.id
            LEFT JOIN (
                SELECT payment_id, min(created_at) AS at FROM payment_move WHERE after = 'succeeded' GROUP BY 1
            ) paid ON paid.payment_id = payment.id
            WHERE status IN ('succeeded', 'partially_refunded', 'refunded')
            UNION ALL
            SELECT refund.updated_at, coach_id, payment_id, refund.booking_id,
                'refund', refund.id, -refund.amount_minor, refund.currency
            FROM refund
            JOIN payment ON payment.id = payment_id
            WHERE refund.status = 'succeeded'
                AND payment.status IN ('succeeded', 'partially_refunded', 'refunded')
        ) moved
        JOIN coach ON coach.id = coach_id
        ORDER BY at, kind
        """
    )
    op.create_index("ix_ledger_entry_payment_id", "ledger_entry", ["payment_id"])
    op.create_index(
        "ix_ledger_entry_of_coach",
        "ledger_entry",
        ["coach_id", "day"],
        postgresql_include=["kind", "currency", "amount_minor", "booking_id"],
    )


def downgrade() -> None:
    op.drop_table("ledger_entry")
    op.drop_column("payment", "commission_minor")
