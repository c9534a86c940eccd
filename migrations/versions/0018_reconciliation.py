"""Reconciliation: how far it has come, what it could not settle, and the indexes that it reads our side by."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_STAGES = (
    "('undelivered events', 'events', 'stuck events', 'checkout sessions', 'payment intents', 'refunds',"
    " 'disputes', 'open payments', 'open refunds', 'open disputes')"
)
_OPEN = sa.text("resolved_at IS NULL")
_STILL_OPEN = {
    "payment": "status IN ('pending', 'processing', 'failed') AND session_ended_at IS NULL",
    "refund": "status IN ('pending', 'requires_action')",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():  # on tables that are being written
        for table, where in _STILL_OPEN.items():
            name = f"ix_{table}_open"
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)  # of a try that failed
            op.create_index(
                name, table, ["created_at"], postgresql_where=sa.text(where), postgresql_concurrently=True
            )
    op.create_table(
        "reconciliation",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("stage", sa.String(32), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("point", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"stage IN {_STAGES}", name="stage"),
        sa.CheckConstraint("status IN ('running', 'done')", name="status"),
    )
    op.create_table(
        "difference",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("stripe_id", sa.Text(), nullable=False),
        sa.Column("our_id", sa.Uuid()),
        sa.Column("stripe_says", sa.Text(), nullable=False),
        sa.Column("we_say", sa.Text(), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "kind IN ('event', 'checkout.session', 'payment_intent', 'refund', 'dispute')", name="kind"
        ),
    )
    op.create_index(
        "uq_difference_open", "difference", ["kind", "stripe_id"], unique=True, postgresql_where=_OPEN
    )
    op.create_index("ix_difference_open", "difference", ["last_seen"], postgresql_where=_OPEN)
    op.create_index("ix_difference_our_id", "difference", ["our_id"], postgresql_where=_OPEN)
    op.create_index("ix_difference_created_at", "difference", ["created_at", "id"])


def downgrade() -> None:
    op.drop_table("difference")
    op.drop_table("reconciliation")
    with op.get_context().autocommit_block():
        for table in _STILL_OPEN:
            op.drop_index(f"ix_{table}_open", table, postgresql_concurrently=True, if_exists=True)
