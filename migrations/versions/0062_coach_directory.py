"""Languages and rates of coaches in indexes, and ideographs as words of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

_PORTION = 1000
_SIGNS = "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LANGUAGES = sa.text("""
UPDATE coach SET search_languages = ARRAY(
  SELECT lower(language) FROM unnest(languages) WITH ORDINALITY AS spoken (language, place) ORDER BY place)
WHERE id IN (
  SELECT id FROM coach WHERE languages <> '{}' AND search_languages = '{}' LIMIT :most)
""")
_TEXTS = sa.text("""
UPDATE coach
SET search_text = btrim(regexp_replace(regexp_replace(search_text, :sign, ' \\1 ', 'g'), ' +', ' ', 'g'))
WHERE id IN (SELECT id FROM coach WHERE search_text ~ :joined LIMIT :most)
""")


def upgrade() -> None:
    op.add_column(
        "coach",
        sa.Column("search_languages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        if_not_exists=True,
    )
    with op.get_context().autocommit_block():
        if not op.get_context().as_sql:
            _fill()
        _drop()  # an attempt that was broken off leaves some that are not valid
        op.create_index(
            "ix_coach_search_languages",
            "coach",
            ["search_languages"],
            postgresql_using="gin",
            if_not_exists=True,
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_coach_by_rate",
            "coach",
            ["currency", "hourly_rate_minor"],
            postgresql_where=sa.text("hourly_rate_minor IS NOT NULL"),
            if_not_exists=True,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    """The nightly task of the earlier release writes its own form of the search texts."""
    with op.get_context().autocommit_block():
        _drop()
    op.drop_column("coach", "search_languages", if_exists=True)


def _drop() -> None:
    op.drop_index("ix_coach_by_rate", "coach", if_exists=True, postgresql_concurrently=True)
    op.drop_index("ix_coach_search_languages", "coach", if_exists=True, postgresql_concurrently=True)


def _fill() -> None:
    """In portions, each of which commits: no booking waits for the whole table."""
    connection = op.get_bind()
    while connection.execute(_LANGUAGES, {"most": _PORTION}).rowcount:
        pass
    values = {
        "sign": f"([{_SIGNS}])",
        "joined": f"[{_SIGNS}][^ ]|[^ ][{_SIGNS}]",
        "most": _PORTION,
    }
    while connection.execute(_TEXTS, values).rowcount:
        pass
