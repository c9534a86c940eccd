"""Tasks for holds, reminders, video links and past sessions."""

from uuid import UUID

from celery import shared_task

from app.bookings import lifecycle, reminders, video_links
from app.extensions import now
from app.queue import sweeps
from app.queue.names import TaskNames
from worker.task import PortionedTask, WalkTask

BATCH = 500


@shared_task(name=TaskNames.EXPIRE_HOLDS, base=WalkTask)
def expire_holds(turn: str = "") -> int:
    """Enqueue the release of expired holds, one job each. Returns their number."""
    return sweeps.walk(TaskNames.EXPIRE_HOLDS, TaskNames.RELEASE_HOLD, lifecycle.STALE_HOLDS, turn)


@shared_task(name=TaskNames.REQUEUE_DUE_REMINDERS, base=WalkTask)
def requeue_due_reminders(turn: str = "") -> int:
    """Enqueue due reminders, one job for each session. Returns their number."""
    return sweeps.walk(TaskNames.REQUEUE_DUE_REMINDERS, TaskNames.SEND_REMINDER, reminders.DUE, turn)


@shared_task(name=TaskNames.WITHDRAW_LATE_REMINDERS, base=PortionedTask, most=BATCH)
def withdraw_late_reminders() -> int:
    """Withdraw unsent reminders of sessions that began. Returns their number."""
    return reminders.withdraw_late(now(), BATCH)


@shared_task(name=TaskNames.SEND_REMINDER)
def send_reminder(booking_id: str) -> None:
    """Send one session's reminders. One job each, so that a batch does not hold hundreds of locks."""
    reminders.remind(UUID(booking_id), now())


@shared_task(name=TaskNames.RENEW_VIDEO_LINK)
def renew_video_link(coach_id: str) -> None:
    """Copy a coach's new link to upcoming sessions, with one mail to each client."""
    video_links.renew(UUID(coach_id))


@shared_task(name=TaskNames.REQUEUE_DUE_VIDEO_LINKS, base=WalkTask)
def requeue_due_video_links(turn: str = "") -> int:
    """Enqueue lost jobs of new video links. Returns the number of coaches."""
    return sweeps.walk(TaskNames.REQUEUE_DUE_VIDEO_LINKS, TaskNames.RENEW_VIDEO_LINK, video_links.DUE, turn)


@shared_task(name=TaskNames.COMPLETE_PAST_SESSIONS, base=PortionedTask, most=BATCH)
def complete_past() -> int:
    """Complete sessions that ended a day ago without an outcome. Returns their number."""
    return lifecycle.complete_past(BATCH)
