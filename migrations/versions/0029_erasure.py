"""Accounts that were erased, what names them in mails and events, and no words of theirs in the trail."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_TRAIL = "ALTER TABLE booking_move {} TRIGGER booking_move_is_append_only"


# Some at a time, each time in a transaction of its own: nobody waits long to write a move, and after a crash
# the trigger is on and the rest is done by the next attempt.
_FORGET = f"""
DO $$
DECLARE forgotten integer;
BEGIN
  LOOP
    {_TRAIL.format("DISABLE")};
    UPDATE booking_move SET reason = '' WHERE id IN (
      SELECT id FROM booking_move WHERE after = 'cancelled' AND reason <> '' LIMIT 10000
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    {_TRAIL.format("ENABLE")};
    COMMIT;
    EXIT WHEN forgotten = 0;
  END LOOP;
END $$
"""


def upgrade() -> None:
    # Why a booking was cancelled is on the booking as well, and only there it can be erased.
    with op.get_context().autocommit_block():
        op.execute(_FORGET)
    op.add_column("account", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.add_column("email", sa.Column("erase_at", sa.DateTime(timezone=True)))
    op.add_column("email", sa.Column("to_erased", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("stripe_event", sa.Column("trimmed_at", sa.DateTime(timezone=True)))
    op.add_column("stripe_event", sa.Column("payment_id", sa.Uuid()))


def downgrade() -> None:
    op.execute(_TRAIL.format("DISABLE"))
    op.execute(
        "UPDATE booking_move SET reason = coalesce(cancel_reason, '') FROM booking"
        " WHERE booking.id = booking_id AND after = 'cancelled'"
    )
    op.execute(_TRAIL.format("ENABLE"))
    op.drop_column("stripe_event", "payment_id")
    op.drop_column("stripe_event", "trimmed_at")
    op.drop_column("email", "to_erased")
    op.drop_column("email", "erase_at")
    op.drop_column("account", "erased_at")
