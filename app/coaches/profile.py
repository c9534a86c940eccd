"""A coach's own profile, and the directory that clients search."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import BigInteger, literal, or_, select, tuple_

from app.accounts.models import Account
from app.coaches.models import Coach, WeeklyHours
from app.coaches.schemas import Availability, CoachChange, CoachSearch
from app.extensions import db, now
from app.money import BadAmount, Money
from app.paging import position
from app.problems import Invalid


def search(wish: CoachSearch) -> Sequence[Coach]:
    """Coaches with a rate, oldest first: one more than the page, to know whether it is the last."""
    query = select(Coach).join(Coach.account).where(Coach.hourly_rate_minor.is_not(None))
    if wish.q:
        found = (column.icontains(wish.q, autoescape=True) for column in (Account.name, Coach.headline))
        query = query.where(or_(*found))
    if wish.language:
        query = query.where(Coach.languages.contains([wish.language]))
    if wish.currency:
        query = query.where(Coach.currency == wish.currency)
    if wish.max_rate is not None:
        most = literal(_most_minor(wish.max_rate, wish.currency), BigInteger)
        query = query.where(Coach.hourly_rate_minor <= most)
    if wish.cursor:
        query = query.where(tuple_(Coach.created_at, Coach.id) > tuple_(*position(wish.cursor)))
    return db.session.scalars(query.order_by(Coach.created_at, Coach.id).limit(wish.limit + 1)).all()


def _most_minor(max_rate: Decimal, currency: str | None) -> int:
    if currency is None:
        raise Invalid(
            "query/max_rate", "needs a currency beside it: rates of different currencies do not compare"
        )
    try:
        return Money.of(max_rate, currency).amount
    except BadAmount as error:
        raise Invalid("query/max_rate", str(error)) from None


def change(coach: Coach, wish: CoachChange) -> Coach:
    """Change what was sent. Raises Invalid when Stripe would refuse to charge the new prices."""
    Coach.locked(coach.id)  # rate and lengths are checked together: two changes at once must not mix
    changes = wish.model_dump(exclude_unset=True, exclude={"hourly_rate", "currency", "video_url"})
    for field, value in changes.items():
        setattr(coach, field, value)
    if "video_url" in wish.model_fields_set:
        coach.video_url = str(wish.video_url) if wish.video_url else None
    _change_price(coach, wish)
    return coach


def _change_price(coach: Coach, wish: CoachChange) -> None:
    if wish.currency and wish.currency != coach.currency and wish.hourly_rate is None and coach.hourly_rate:
        raise Invalid("/currency", "a new currency needs its hourly_rate beside it")
    coach.currency = wish.currency or coach.currency
    try:
        if wish.hourly_rate is not None:
            coach.hourly_rate_minor = Money.of(wish.hourly_rate, coach.currency).amount
        if coach.hourly_rate:
            coach.hourly_rate.for_minutes(min(coach.durations)).check_chargeable()
            coach.hourly_rate.for_minutes(max(coach.durations)).check_chargeable()
    except BadAmount as error:
        raise Invalid(
            "/hourly_rate", f"{error} (the shortest and the longest session must be chargeable)"
        ) from None


def set_availability(coach: Coach, wish: Availability) -> Coach:
    """Replace the weekly hours by these."""
    Coach.locked(coach.id)  # of two replacements at once one stays, and not a mixture
    coach.weekly_hours = [
        WeeklyHours(weekday=hours.weekday, start_time=hours.start_time, end_time=hours.end_time)
        for hours in wish.weekly
    ]
    coach.updated_at = now()
    db.session.flush()
    return coach
