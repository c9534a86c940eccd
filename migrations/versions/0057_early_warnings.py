"""Fraud warnings told before their payment is known are found once it is."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

_BEFORE = "type LIKE 'refund.%' OR type LIKE 'charge.dispute.%'"


def upgrade() -> None:
    _index_of_ignored(
        "ix_stripe_event_may_be_ours", f"{_BEFORE} OR type LIKE 'radar.early_fraud_warning.%'"
    )
    _drop("ix_stripe_event_ignored_early")


def downgrade() -> None:
    _index_of_ignored("ix_stripe_event_ignored_early", _BEFORE)
    _drop("ix_stripe_event_may_be_ours")


def _index_of_ignored(name: str, types: str) -> None:
    """Without a lock that would make Stripe's events wait."""
    with op.get_context().autocommit_block():
        op.create_index(
            name,
            "stripe_event",
            ["payment_intent_id"],
            postgresql_where=sa.text(f"status = 'ignored' AND ({types})"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def _drop(name: str) -> None:
    with op.get_context().autocommit_block():
        op.drop_index(name, "stripe_event", postgresql_concurrently=True, if_exists=True)
