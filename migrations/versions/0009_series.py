"""Weekly series: one payment for several bookings, each with its share of the money."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_series",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("coach_id", sa.Uuid(), sa.ForeignKey("coach.id"), nullable=False),
        sa.Column("client_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
    )
    op.add_column("booking", sa.Column("series_id", sa.Uuid()))
    op.create_foreign_key("fk_booking_series_id", "booking", "booking_series", ["series_id"], ["id"])
    op.create_index(
        "ix_booking_of_series", "booking", ["series_id"], postgresql_where=sa.text("series_id IS NOT NULL")
    )
    op.drop_constraint("uq_booking_payment_id", "booking")

    op.create_table(
        "payment_line",
        sa.Column("payment_id", sa.Uuid(), sa.ForeignKey("payment.id"), primary_key=True),
        sa.Column("booking_id", sa.Uuid(), sa.ForeignKey("booking.id"), primary_key=True, index=True),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
    )
    op.execute("INSERT INTO payment_line SELECT id, booking_id, amount_minor FROM payment")
    op.add_column("payment", sa.Column("coach_id", sa.Uuid()))
    op.add_column("payment", sa.Column("client_id", sa.Uuid()))
    op.execute(
        "UPDATE payment SET coach_id = booking.coach_id, client_id = booking.client_id"
        " FROM booking WHERE booking.id = payment.booking_id"
    )
    for column, table in (("coach_id", "coach"), ("client_id", "account")):
        op.alter_column("payment", column, nullable=False)
        op.create_foreign_key(f"fk_payment_{column}", "payment", table, [column], ["id"])
    op.create_index("ix_payment_of_coach", "payment", ["coach_id", "created_at", "id"])
    op.create_index("ix_payment_of_client", "payment", ["client_id", "created_at", "id"])

    op.add_column("refund", sa.Column("booking_id", sa.Uuid()))
    op.create_foreign_key("fk_refund_booking_id", "refund", "booking", ["booking_id"], ["id"])
    op.execute(
        "UPDATE refund SET booking_id = payment.booking_id FROM payment WHERE payment.id = refund.payment_id"
    )
    op.drop_column("payment", "booking_id")


def downgrade() -> None:
    """A payment of a series keeps its first session only."""
    op.add_column("payment", sa.Column("booking_id", sa.Uuid()))
    op.execute(
        "UPDATE payment SET booking_id = (SELECT booking_id FROM payment_line JOIN booking ON booking.id = booking_id"
        " WHERE payment_line.payment_id = payment.id ORDER BY lower(period) LIMIT 1)"
    )
    op.execute(
        "UPDATE booking SET payment_id = NULL FROM payment"
        " WHERE payment.id = booking.payment_id AND payment.booking_id <> booking.id"
    )
    op.alter_column("payment", "booking_id", nullable=False)
    op.create_foreign_key("fk_payment_booking_id", "payment", "booking", ["booking_id"], ["id"])
    op.create_index("ix_payment_booking_id", "payment", ["booking_id"])
    op.drop_column("refund", "booking_id")
    op.drop_index("ix_payment_of_client", "payment")
    op.drop_index("ix_payment_of_coach", "payment")
    op.drop_column("payment", "client_id")
    op.drop_column("payment", "coach_id")
    op.drop_table("payment_line")
    op.create_unique_constraint("uq_booking_payment_id", "booking", ["payment_id"])
    op.drop_index("ix_booking_of_series", "booking")
    op.drop_column("booking", "series_id")
    op.drop_table("booking_series")
