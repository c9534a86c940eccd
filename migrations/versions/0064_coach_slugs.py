"""Names of coaches' pages."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

_PORTION = 1000
_NAMES = sa.text(r"""
WITH plain AS (
  SELECT coach.id, coach.created_at, left(btrim(regexp_replace(
    regexp_replace(lower(normalize(account.name, NFKD)), '[\u0300-\u036f''\u2019]', '', 'g'),
    '[^a-z0-9]+', '-', 'g'), '-'), 44) AS words
  FROM coach JOIN account ON account.id = coach.id
  WHERE account.erased_at IS NULL AND coach.slug IS NULL
), suggested AS (
  SELECT id, created_at, btrim(CASE WHEN length(words) < 3 THEN 'coach-' || words ELSE words END, '-') AS slug
  FROM plain
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY slug ORDER BY created_at, id) AS place FROM suggested
)
INSERT INTO coach_slug (slug, coach_id)
SELECT CASE WHEN place = 1 AND slug <> 'coach' THEN slug ELSE slug || '-' || right(id::text, 12) END, id
FROM numbered
ON CONFLICT DO NOTHING
""")
_COPIES = sa.text("""
UPDATE coach SET slug = named.slug
FROM (
  SELECT DISTINCT ON (coach.id) coach.id, coach_slug.slug
  FROM coach JOIN coach_slug ON coach_slug.coach_id = coach.id
  WHERE coach.slug IS NULL ORDER BY coach.id, coach_slug.taken_at LIMIT :most
) AS named
WHERE coach.id = named.id
""")


def upgrade() -> None:
    op.add_column("coach", sa.Column("slug", sa.Text(), nullable=True), if_not_exists=True)
    op.create_table(
        "coach_slug",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("coach_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["coach_id"], ["coach.id"], name="fk_coach_slug_coach_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name="pk_coach_slug"),
        if_not_exists=True,
    )
    op.create_index("ix_coach_slug_coach_id", "coach_slug", ["coach_id"], if_not_exists=True)
    with op.get_context().autocommit_block():
        if not op.get_context().as_sql:
            _fill()


def downgrade() -> None:
    op.drop_table("coach_slug", if_exists=True)
    op.drop_column("coach", "slug", if_exists=True)


def _fill() -> None:
    """The names at once, in a table that is not read yet; the coaches' rows in portions, each committed."""
    connection = op.get_bind()
    connection.execute(_NAMES)
    while connection.execute(_COPIES, {"most": _PORTION}).rowcount:
        pass
