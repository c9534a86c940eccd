"""Holds whose time is over, and bookings that expired with them."""

from sqlalchemy import text

from app.extensions import db


def expire_bookings() -> None:
    db.session.execute(text("UPDATE booking SET status = 'expired', hold_expires_at = NULL"))
    db.session.commit()


def let_holds_run_out() -> None:
    db.session.execute(text("UPDATE booking SET hold_expires_at = now() - interval '1 minute'"))
    db.session.commit()
