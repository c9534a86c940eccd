"""The books too refuse change: a mistake is entered against, as money is moved on them."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TRIGGER ledger_entry_is_append_only BEFORE UPDATE OR DELETE ON ledger_entry"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER ledger_entry_is_not_emptied BEFORE TRUNCATE ON ledger_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER ledger_entry_is_not_emptied ON ledger_entry")
    op.execute("DROP TRIGGER ledger_entry_is_append_only ON ledger_entry")
