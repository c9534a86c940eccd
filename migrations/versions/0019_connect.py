"""Coaches' accounts at Stripe, and payments that are sent on to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KINDS = "'payment', 'refund', 'dispute', 'fee', 'commission'"


def upgrade() -> None:
    op.create_table(
        "payout_account",
        sa.Column("id", sa.Uuid(), sa.ForeignKey("coach.id"), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("country", sa.Text()),
        sa.Column("stripe_account_id", sa.Text(), unique=True),
        sa.Column("charges_enabled", sa.Boolean(), nullable=False),
        sa.Column("payouts_enabled", sa.Boolean(), nullable=False),
        sa.Column("details_submitted", sa.Boolean(), nullable=False),
        sa.Column("takes_transfers", sa.Boolean(), nullable=False),
        sa.Column("requirements", JSONB(), nullable=False),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ix_payout_account_due", "payout_account", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.add_column("payment", sa.Column("stripe_destination_id", sa.Text()))
    op.add_column("payment", sa.Column("sent_on_minor", sa.Integer()))
    _check_kind(f"{_KINDS}, 'transfer'")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE ledger_entry VALIDATE CONSTRAINT ck_ledger_entry_kind")


def downgrade() -> None:
    op.execute("DELETE FROM ledger_entry WHERE kind = 'transfer'")
    _check_kind(_KINDS)
    op.drop_column("payment", "sent_on_minor")
    op.drop_column("payment", "stripe_destination_id")
    op.drop_table("payout_account")


def _check_kind(kinds: str) -> None:
    """Of new rows: the table is not read under a lock that writers wait for."""
    op.drop_constraint("ck_ledger_entry_kind", "ledger_entry")
    op.create_check_constraint("kind", "ledger_entry", f"kind IN ({kinds})", postgresql_not_valid=True)
