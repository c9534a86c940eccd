"""Records are not emptied either, by whoever owns them; and what was done is found by what it was."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

RECORDS = ("audit_entry", "booking_move", "payment_move")


def upgrade() -> None:
    for table in RECORDS:
        op.execute(
            f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    with op.get_context().autocommit_block():
        op.drop_index("ix_audit_entry_of_action", "audit_entry", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_audit_entry_of_action",
            "audit_entry",
            ["action", "created_at"],
            if_not_exists=True,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_audit_entry_of_action", "audit_entry", if_exists=True, postgresql_concurrently=True)
    for table in RECORDS:
        op.execute(f"DROP TRIGGER IF EXISTS {table}_is_not_emptied ON {table}")
