"""Payments whose bank was at work before attempts to pay were recorded: theirs is under way.

Without it, the late decline of a card that the payer tried before turns a debit under way into a failed payment.
"""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

# Stripe's own time of the latest event that told it, else that of the payment: whatever the bank answers is later.
_UNDER_WAY = """
UPDATE payment SET attempt_stage = 1, attempt_at = coalesce(
    (
        SELECT to_timestamp(max((payload::json ->> 'created')::bigint)) FROM stripe_event
        WHERE stripe_event.payment_intent_id = payment.stripe_payment_intent_id AND status = 'processed'
            AND type IN ('payment_intent.processing', 'checkout.session.completed')
    ),
    created_at
)
WHERE status = 'processing' AND attempt_stage IS NULL
"""


def upgrade() -> None:
    op.execute(_UNDER_WAY)


def downgrade() -> None:
    """What is known of an attempt harms no older code."""
