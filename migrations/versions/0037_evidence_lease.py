"""Until when somebody may be submitting evidence for a dispute."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispute", sa.Column("evidence_lease_expires_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("dispute", "evidence_lease_expires_at")
