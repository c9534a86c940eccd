"""Coaches are found without regard to accents and case, by an index."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_PORTION = 1000
_PLAIN_LETTERS = str.maketrans(
    {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "œ": "oe", "ŧ": "t"}
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.add_column(
        "coach", sa.Column("search_text", sa.Text(), nullable=False, server_default=""), if_not_exists=True
    )
    with op.get_context().autocommit_block():
        if not op.get_context().as_sql:
            _fill()
        _drop()  # an attempt that was broken off leaves some that are not valid
        op.create_index(
            "ix_coach_search_text",
            "coach",
            ["search_text"],
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
            if_not_exists=True,
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_coach_listed",
            "coach",
            ["created_at", "id"],
            postgresql_where=sa.text("hourly_rate_minor IS NOT NULL"),
            if_not_exists=True,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop()
    op.drop_column("coach", "search_text", if_exists=True)


def _drop() -> None:
    op.drop_index("ix_coach_listed", "coach", if_exists=True, postgresql_concurrently=True)
    op.drop_index("ix_coach_search_text", "coach", if_exists=True, postgresql_concurrently=True)


def _fill() -> None:
    """In portions, each of which commits: nobody waits for the whole table."""
    rows = sa.text(
        "SELECT coach.id, account.name, coach.headline FROM coach JOIN account ON account.id = coach.id"
        " WHERE coach.search_text = '' LIMIT :most"
    )
    write = sa.text("UPDATE coach SET search_text = :form WHERE id = :id AND search_text = ''")
    connection = op.get_bind()
    while found := connection.execute(rows, {"most": _PORTION}).all():
        # A blank stands for what has no searchable character, so that it is not found to be empty again.
        forms = [{"id": row.id, "form": _search_form(f"{row.name} {row.headline}") or " "} for row in found]
        connection.execute(write, forms)


def _search_form(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(each for each in folded if unicodedata.category(each) not in {"Mn", "Cf"})
    return " ".join(plain.translate(_PLAIN_LETTERS).split())
