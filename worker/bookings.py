"""Tasks for holds, reminders, video links and past sessions."""

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
    """Enqueue the release of expired holds, one job each. Returns their number."""
    return enqueue_each(TaskNames.RELEASE_HOLD, lifecycle.with_stale_holds(now(), BATCH))


@shared_task(name=TaskNames.REQUEUE_DUE_REMINDERS, base=PeriodicTask)
def requeue_due_reminders() -> int:
    """Enqueue due reminders, one job for each session. Returns their number."""
    reminders.withdraw_late(now())
    return enqueue_each(TaskNames.SEND_REMINDER, reminders.due(now(), BATCH))


@shared_task(name=TaskNames.SEND_REMINDER)
def send_reminder(booking_id: str) -> None:
    """Send one session's reminders. One job each, so that a batch does not hold hundreds of locks."""
    reminders.remind(UUID(booking_id), now())


@shared_task(name=TaskNames.RENEW_VIDEO_LINK)
def renew_video_link(coach_id: str) -> None:
    """Copy a coach's new link to upcoming sessions, with one mail to each client."""
    video_links.renew(UUID(coach_id))


@shared_task(name=TaskNames.REQUEUE_DUE_VIDEO_LINKS, base=PeriodicTask)
def requeue_due_video_links() -> int:
    """Enqueue lost jobs of new video links. Returns the number of coaches."""
    return enqueue_each(TaskNames.RENEW_VIDEO_LINK, video_links.due(BATCH))


@shared_task(name=TaskNames.COMPLETE_PAST_SESSIONS, base=PeriodicTask)
def complete_past() -> int:
    """Complete sessions that ended a day ago without an outcome. Returns their number."""
    return lifecycle.complete_past(BATCH)
