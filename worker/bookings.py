"""Holds, reminders, and sessions that are over."""

from uuid import UUID

from celery import shared_task

from app.bookings import lifecycle, reminders
from app.extensions import now
from app.jobs import enqueue_each
from worker import Sweep

BATCH = 500


@shared_task(name="bookings.expire_holds", base=Sweep)
def expire_holds() -> int:
    """Holds that ran out, each released by a job of its own; how many there were."""
    return enqueue_each("payments.release_hold", lifecycle.with_stale_holds(now(), BATCH))


@shared_task(name="bookings.remind", base=Sweep)
def remind() -> int:
    """Sessions whose next reminder is due, each by a job of its own; how many there were."""
    reminders.withdraw_late(now())
    return enqueue_each("bookings.remind_of", reminders.due(now(), BATCH))


@shared_task(name="bookings.remind_of")
def remind_of(booking_id: str) -> None:
    """Two mails to render: of hundreds at once, all would be locked until the last is."""
    reminders.remind(UUID(booking_id), now())


@shared_task(name="bookings.complete_past", base=Sweep)
def complete_past() -> int:
    """Sessions that ended a day ago and of which nobody said how they went; how many there were."""
    return lifecycle.complete_past(BATCH)
