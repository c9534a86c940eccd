"""What is to be erased or trimmed is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_UNTRIMMED = sa.text("trimmed_at IS NULL")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _create("ix_account_erased_at", "account", ["erased_at"], sa.text("erased_at IS NOT NULL"))
        _create("ix_email_to_erase", "email", ["erase_at"], sa.text("erase_at IS NOT NULL"))
        _create("ix_stripe_event_untrimmed", "stripe_event", ["received_at", "id"], _UNTRIMMED)
        _create("ix_stripe_event_untrimmed_of_payment", "stripe_event", ["payment_id"], _UNTRIMMED)
        _create("ix_stripe_event_untrimmed_of_intent", "stripe_event", ["payment_intent_id"], _UNTRIMMED)
        _create("ix_dispute_with_evidence", "dispute", ["decided_at"], sa.text("evidence <> ''"))


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("ix_dispute_with_evidence", "dispute")
        _drop("ix_stripe_event_untrimmed_of_intent", "stripe_event")
        _drop("ix_stripe_event_untrimmed_of_payment", "stripe_event")
        _drop("ix_stripe_event_untrimmed", "stripe_event")
        _drop("ix_email_to_erase", "email")
        _drop("ix_account_erased_at", "account")


def _create(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    _drop(name, table)  # an attempt that was broken off leaves one that is not valid
    op.create_index(name, table, columns, postgresql_where=where, if_not_exists=True, postgresql_concurrently=True)


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
