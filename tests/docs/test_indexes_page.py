"""docs/indexes.md lists every index of the database with its reader, and the storage of the tables."""

import re
from collections import Counter

from flask import Flask
from sqlalchemy import text

from app.extensions import db
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs/indexes.md").read_text()
LISTED = re.findall(r"^\| `((?:ix|uq|pk|no)_\w+)` \| \S.* \|$", PAGE, re.MULTILINE)
INDEXES = text(
    "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)
FILLED = text("""
SELECT relname, option_value FROM pg_class, pg_options_to_table(reloptions) WHERE option_name = 'fillfactor'
""")


def test_every_index_is_listed_once(app: Flask) -> None:
    with app.app_context():
        existing = db.session.scalars(INDEXES).all()

    assert Counter(LISTED) == Counter(existing)


def test_the_fill_factors_are_those_of_the_tables(app: Flask) -> None:
    rows = re.findall(r"^\| ([a-z_, ]+) \| (\d+) \|", PAGE, re.MULTILINE)
    listed = {table: factor for tables, factor in rows for table in tables.split(", ")}
    with app.app_context():
        stored = {row.relname: row.option_value for row in db.session.execute(FILLED)}

    assert stored == listed
