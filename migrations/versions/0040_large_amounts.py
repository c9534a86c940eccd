"""Amounts have room for twelve digits, as Stripe charges them in some currencies.

PostgreSQL writes each table anew under its lock, once, and each in a transaction of its own: some seconds for
a million rows, during which its readers wait. To run it again changes nothing: a column that is wide stays as it
is. Older code that still runs reads the wider columns as before.
"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

COLUMNS = {
    "coach": ["hourly_rate_minor"],
    "booking": ["amount_minor"],
    "payment": [
        "amount_minor",
        "amount_refunded_minor",
        "commission_minor",
        "sent_on_minor",
        "fee_minor",
        "net_minor",
    ],
    "payment_line": ["amount_minor"],
    "refund": ["amount_minor"],
    "dispute": ["amount_minor", "withdrawn_minor", "fee_minor"],
    "ledger_entry": ["amount_minor"],
    "payout": ["amount_minor"],
}


def upgrade() -> None:
    _change("bigint")


def downgrade() -> None:
    """Fails, and changes nothing, where an amount needs the room."""
    _change("integer")


def _change(kind: str) -> None:
    with op.get_context().autocommit_block():
        for table, columns in COLUMNS.items():
            types = ", ".join(f"ALTER COLUMN {column} TYPE {kind}" for column in columns)
            op.execute(f"-- squawk-ignore changing-column-type, prefer-robust-stmts\nALTER TABLE {table} {types}")
