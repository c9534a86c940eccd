"""Disputes are found by their status, and by when they were decided: of years of them, few are not over."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_dispute_by_status": ["status", "created_at", "id"],
    "ix_dispute_decided_at": ["decided_at"],
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in _INDEXES.items():
            _drop(name)  # an attempt that was broken off leaves one that is not valid
            op.create_index(name, "dispute", columns, if_not_exists=True, postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in _INDEXES:
            _drop(name)


def _drop(name: str) -> None:
    op.drop_index(name, "dispute", if_exists=True, postgresql_concurrently=True)
