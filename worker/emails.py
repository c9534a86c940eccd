"""The outbox."""

from uuid import UUID

from celery import Task, shared_task

from app.emails import delivery, models
from app.emails.models import Email
from app.queue import sweeps
from app.queue.names import TaskNames
from worker.task import WalkTask, retry_later


@shared_task(name=TaskNames.DELIVER_EMAIL, bind=True, max_retries=None)
def deliver(self: "Task[..., None]", *email_ids: str) -> None:
    if waits := delivery.deliver_all(map(UUID, email_ids)):
        retry_later(self, max(waits.values()), ids=tuple(map(str, waits)))


@shared_task(name=TaskNames.RECORD_SENT_EMAIL)
def record_sent(email_id: str) -> None:
    """Record that a mail was sent, after an outage of the database. Retried until it succeeds."""
    Email.record_sent(UUID(email_id))


@shared_task(name=TaskNames.REQUEUE_DUE_EMAILS, base=WalkTask)
def requeue_due(turn: str = "") -> int:
    """Enqueue mails whose job was lost. Returns their number."""
    return sweeps.walk(TaskNames.REQUEUE_DUE_EMAILS, TaskNames.DELIVER_EMAIL, models.DUE, turn)
