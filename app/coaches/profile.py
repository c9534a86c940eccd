"""A coach's own profile."""

from app.accounts.models import Account
from app.coaches import pricing, slugs
from app.coaches.models import Approval, Coach, lock_own, of_newcomer
from app.coaches.schemas import CoachChange
from app.extensions import db, now
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

MADE = {"hourly_rate", "currency", "prices", "cancellation_policy", "video_url", "slug"}
"""Fields that need more than an assignment."""


def change(coach: Coach, wish: CoachChange) -> Coach:
    """Change the fields that were sent.

    Raises Invalid if Stripe would refuse to charge the new prices, or if another coach has the slug.
    """
    lock_own(coach)  # rate and lengths are checked together: concurrent changes must not mix
    changes = wish.model_dump(exclude_unset=True, exclude=MADE)
    for field, value in changes.items():
        setattr(coach, field, value)
    if "video_url" in wish.model_fields_set:
        _change_video_url(coach, str(wish.video_url) if wish.video_url else None)
    if wish.cancellation_policy:
        coach.cancellation_policy = wish.cancellation_policy.model_dump()
    pricing.change(coach, wish)
    if wish.slug:
        slugs.take(coach, wish.slug)
    elif coach.slug is None:
        slugs.take_from_name(coach)
    return coach


def lock(account: Account) -> None:
    """Lock the profile of an account that is about to be renamed, if it has one: name and headline are
    searched together, so neither changes before the other is written.
    """
    Coach.locked(account.id)


def withdraw(account: Account) -> str | None:
    """Clear a coach's texts, prices and video link when the owner of the address takes the account over.

    Without a price the coach is neither listed nor booked. Clients with bookings get a mail that the link is
    gone. The account is locked with its profile. Returns what was cleared, in words for the owner, or None.
    """
    coach = db.session.get(Coach, account.id)
    if coach:
        _forget_decision(coach)
        slugs.release(coach)
    if coach is None or not (coach.headline or coach.bio or coach.video_url or coach.hourly_rate_minor):
        return None
    coach.headline = coach.bio = ""
    coach.hourly_rate_minor, coach.prices_minor = None, {}
    _change_video_url(coach, None)
    return "the words, prices and video link of your profile; clients cannot book you until you set a price"


def _forget_decision(coach: Coach) -> None:
    """The approval belonged to the earlier owner."""
    if coach.approval is not Approval.DECLINED:
        coach.approval = of_newcomer()


def _change_video_url(coach: Coach, url: str | None) -> None:
    """A job copies the link to upcoming sessions and mails their clients: there may be hundreds."""
    if url != coach.video_url:
        coach.video_url, coach.link_changed_at = url, now()
        after_commit(TaskNames.RENEW_VIDEO_LINK, str(coach.id))
