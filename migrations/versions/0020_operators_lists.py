"""What an operator looks for is found by an index: somebody's mails, and what is rare among events and refunds."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_UNSENT, _UNPROCESSED = sa.text("status <> 'sent'"), sa.text("status <> 'processed'")
_FAILED = sa.text("status = 'failed'")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _create("ix_email_of_recipient", "email", ["recipient", "created_at", "id"])
        _create("ix_email_not_sent", "email", ["status", "created_at", "id"], _UNSENT)
        _create("ix_stripe_event_of_type", "stripe_event", ["type", "received_at", "id"])
        _create("ix_stripe_event_not_processed", "stripe_event", ["status", "received_at", "id"], _UNPROCESSED)
        _create("ix_refund_by_status", "refund", ["status", "created_at", "id"])
        _drop("ix_email_failed", "email")
        _drop("ix_stripe_event_failed", "stripe_event")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _create("ix_email_failed", "email", ["created_at", "id"], _FAILED)
        _create("ix_stripe_event_failed", "stripe_event", ["received_at", "id"], _FAILED)
        _drop("ix_refund_by_status", "refund")
        _drop("ix_stripe_event_not_processed", "stripe_event")
        _drop("ix_stripe_event_of_type", "stripe_event")
        _drop("ix_email_not_sent", "email")
        _drop("ix_email_of_recipient", "email")


def _create(name: str, table: str, columns: list[str], where: sa.TextClause | None = None) -> None:
    _drop(name, table)  # an attempt that was broken off leaves one that is not valid
    op.create_index(name, table, columns, postgresql_where=where, if_not_exists=True, postgresql_concurrently=True)


def _drop(name: str, table: str) -> None:
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
