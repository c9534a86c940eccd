"""A coach's own profile, and the directory that clients search."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import BigInteger, literal, or_, select, tuple_

from app.accounts.models import Account
from app.coaches import pricing
from app.coaches.models import Coach, lock_own
from app.coaches.schemas import CoachChange, CoachSearch
from app.extensions import db
from app.money import BadAmount, Money
from app.paging import position
from app.problems import Invalid

MADE = {"hourly_rate", "currency", "prices", "cancellation_policy", "video_url"}
"""What is not stored as it is sent."""
_LISTED = Coach.hourly_rate_minor.is_not(None), Account.deactivated_at.is_(None)


def search(wish: CoachSearch) -> Sequence[Coach]:
    """Coaches with a rate, oldest first: one more than the page, to know whether it is the last."""
    query = select(Coach).join(Coach.account).where(*_LISTED)
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
    lock_own(coach)  # rate and lengths are checked together: two changes at once must not mix
    changes = wish.model_dump(exclude_unset=True, exclude=MADE)
    for field, value in changes.items():
        setattr(coach, field, value)
    if "video_url" in wish.model_fields_set:
        coach.video_url = str(wish.video_url) if wish.video_url else None
    if wish.cancellation_policy:
        coach.cancellation_policy = wish.cancellation_policy.model_dump()
    pricing.change(coach, wish)
    return coach
