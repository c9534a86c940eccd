"""A refund that gave nothing back is followed by one other at most; and until when Stripe is being asked for one."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_NAME = "uq_refund_follows_id"

# What operators retried before: a retry put its new refund and its entry in the log at the same moment. Where a
# refund was followed more than once, the first follower is noted.
_LINK = """
UPDATE refund SET follows_id = pair.failed_id
FROM (
  SELECT DISTINCT ON (failed_id) failed_id, follower_id FROM (
    SELECT DISTINCT ON (follower.id) failed.id AS failed_id, follower.id AS follower_id, follower.created_at
    FROM audit_entry
    JOIN refund AS failed ON audit_entry.subject = 'refund:' || failed.id
    JOIN refund AS follower ON follower.payment_id = failed.payment_id AND follower.cause = failed.cause
      AND follower.amount_minor = failed.amount_minor AND follower.created_at > failed.created_at
      AND follower.created_at BETWEEN audit_entry.created_at - interval '1 second'
        AND audit_entry.created_at + interval '1 second'
    WHERE audit_entry.action = 'refund.retry' AND failed.status IN ('failed', 'canceled')
    ORDER BY follower.id, abs(extract(epoch FROM follower.created_at - audit_entry.created_at))
  ) AS closest
  ORDER BY failed_id, created_at
) AS pair
WHERE refund.id = pair.follower_id AND refund.follows_id IS NULL
"""

# An attempt that was broken off later has made it already.
_REFERENCE = """
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'fk_refund_follows_id') THEN
    ALTER TABLE refund ADD CONSTRAINT fk_refund_follows_id
      FOREIGN KEY (follows_id) REFERENCES refund (id) NOT VALID;
  END IF;
END $$
"""


def upgrade() -> None:
    op.add_column("refund", sa.Column("follows_id", sa.Uuid()), if_not_exists=True)
    op.add_column("refund", sa.Column("lease_expires_at", sa.DateTime(timezone=True)), if_not_exists=True)
    op.execute(_REFERENCE)
    op.execute(_LINK)
    with op.get_context().autocommit_block():
        # squawk misses a transaction around it; done twice it does nothing
        op.execute(
            "-- squawk-ignore prefer-robust-stmts\nALTER TABLE refund VALIDATE CONSTRAINT fk_refund_follows_id"
        )
        _drop()  # an attempt that was broken off leaves one that is not valid
        op.create_index(
            _NAME,
            "refund",
            ["follows_id"],
            unique=True,
            postgresql_where=sa.text("follows_id IS NOT NULL"),
            if_not_exists=True,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop()
    op.drop_column("refund", "lease_expires_at", if_exists=True)
    op.drop_column("refund", "follows_id", if_exists=True)


def _drop() -> None:
    op.drop_index(_NAME, "refund", if_exists=True, postgresql_concurrently=True)
