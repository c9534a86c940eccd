"""Erasure of a coach's profile: it leaves the directory and cannot be booked."""

from sqlalchemy import delete

from app.accounts.models import Account
from app.coaches import slugs
from app.coaches.models import Coach, DateOverride, Stay, TimeOff, WeeklyHours
from app.extensions import db


def erase(account: Account) -> None:
    """Delete the profile and the calendar. The time zone stays: statements group entries by its days."""
    coach = db.session.get(Coach, account.id)
    if coach is None:
        return
    for table in (WeeklyHours, DateOverride, Stay, TimeOff):
        db.session.execute(delete(table).where(table.coach_id == coach.id))
    slugs.release(coach)
    coach.headline = coach.bio = ""
    coach.languages, coach.prices_minor, coach.hourly_rate_minor = [], {}, None
    coach.video_url = coach.decline_reason = None
    db.session.flush()
