"""The log of what operators did, which nobody can change; lists and levers for what failed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["created_at", "id"])
    op.create_index("ix_audit_entry_of_subject", "audit_entry", ["subject", "created_at"])
    op.create_index("ix_audit_entry_of_actor", "audit_entry", ["actor", "created_at"])
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in ("audit_entry", "booking_move", "payment_move"):
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.create_index("ix_stripe_event_at", "stripe_event", ["received_at", "id"])
    op.create_index(
        "ix_stripe_event_failed", "stripe_event", ["received_at", "id"], postgresql_where=sa.text("status = 'failed'")
    )
    op.create_index("ix_email_at", "email", ["created_at", "id"])
    op.create_index(
        "ix_email_failed", "email", ["created_at", "id"], postgresql_where=sa.text("status = 'failed'")
    )
    op.create_index("ix_refund_at", "refund", ["created_at", "id"])
    op.add_column("email", sa.Column("copies", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("email", "copies", server_default=None)


def downgrade() -> None:
    op.drop_column("email", "copies")
    op.drop_index("ix_refund_at", "refund")
    op.drop_index("ix_email_failed", "email")
    op.drop_index("ix_email_at", "email")
    op.drop_index("ix_stripe_event_failed", "stripe_event")
    op.drop_index("ix_stripe_event_at", "stripe_event")
    for table in ("booking_move", "payment_move"):
        op.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION refuse_change()")
