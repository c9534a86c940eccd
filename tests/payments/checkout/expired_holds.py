"""Holds whose time is over."""

from sqlalchemy import text

from app.extensions import db


def let_holds_run_out() -> None:
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 minute'"))
    db.session.commit()
