"""Statements that are planned for their values."""

from flask import Flask
from sqlalchemy import text

from app.db.plans import planned_for_values
from app.extensions import db

OFTEN = 12
"""More often than psycopg sends a statement before it prepares it."""


def test_a_statement_is_prepared_outside_only(app: Flask) -> None:
    with app.app_context():
        for _ in range(OFTEN):
            db.session.execute(text("SELECT 1 AS outside"))
            with planned_for_values():
                db.session.execute(text("SELECT 1 AS inside"))

        prepared = " ".join(db.session.scalars(text("SELECT statement FROM pg_prepared_statements")))

    assert "outside" in prepared
    assert "inside" not in prepared
