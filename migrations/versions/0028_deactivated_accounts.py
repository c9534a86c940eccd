"""Accounts out of use, and the operator's list of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_DEACTIVATED = sa.text("deactivated_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("account", sa.Column("deactivated_at", sa.DateTime(timezone=True)), if_not_exists=True)
    with op.get_context().autocommit_block():
        _create("ix_account_at", ["created_at", "id"])
        _create("ix_account_by_role", ["role", "created_at", "id"])
        _create("ix_account_deactivated", ["created_at", "id"], _DEACTIVATED)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop("ix_account_deactivated")
        _drop("ix_account_by_role")
        _drop("ix_account_at")
    op.drop_column("account", "deactivated_at", if_exists=True)


def _create(name: str, columns: list[str], where: sa.TextClause | None = None) -> None:
    _drop(name)  # an attempt that was broken off leaves one that is not valid
    op.create_index(name, "account", columns, postgresql_where=where, if_not_exists=True, postgresql_concurrently=True)


def _drop(name: str) -> None:
    op.drop_index(name, "account", if_exists=True, postgresql_concurrently=True)
