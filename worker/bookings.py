"""Holds, reminders, and sessions that are over."""

from uuid import UUID

from celery import shared_task

from app.bookings import lifecycle, reminders, video_links
from app.extensions import now
from app.queue.enqueue import enqueue_each
from app.queue.names import TaskNames
from worker.task import PeriodicTask

BATCH = 500


@shared_task(name=TaskNames.EXPIRE_HOLDS, base=PeriodicTask)
def expire_holds() -> int:
    """Holds that ran out, each released by a job of its own; how many there were."""
    return enqueue_each(TaskNames.RELEASE_HOLD, lifecycle.with_stale_holds(now(), BATCH))


@shared_task(name=TaskNames.REQUEUE_DUE_REMINDERS, base=PeriodicTask)
def requeue_due_reminders() -> int:
    """Sessions whose next reminder is due, each by a job of its own; how many there were."""
    reminders.withdraw_late(now())
    return enqueue_each(TaskNames.SEND_REMINDER, reminders.due(now(), BATCH))


@shared_task(name=TaskNames.SEND_REMINDER)
def send_reminder(booking_id: str) -> None:
    """Two mails to render: of hundreds at once, all would be locked until the last is."""
    reminders.remind(UUID(booking_id), now())


@shared_task(name=TaskNames.RENEW_VIDEO_LINK)
def renew_video_link(coach_id: str) -> None:
    """A coach has another link: of hundreds of sessions one mail to each who has any."""
    video_links.renew(UUID(coach_id))


@shared_task(name=TaskNames.REQUEUE_DUE_VIDEO_LINKS, base=PeriodicTask)
def requeue_due_video_links() -> int:
    """Coaches whose new link has not reached their sessions, as its job was lost; how many there were."""
    return enqueue_each(TaskNames.RENEW_VIDEO_LINK, video_links.due(BATCH))


@shared_task(name=TaskNames.COMPLETE_PAST_SESSIONS, base=PeriodicTask)
def complete_past() -> int:
    """Sessions that ended a day ago and of which nobody said how they went; how many there were."""
    return lifecycle.complete_past(BATCH)
