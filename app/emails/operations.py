"""What an operator can do with a mail: send it once more, or no more."""

from datetime import datetime, timedelta
from uuid import UUID

from app import audit
from app.emails.models import LEASE, Email
from app.emails.status import OVER, EmailStatus
from app.extensions import db, now
from app.http.problems import NotFound, NothingToDo, Problem
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

PAUSE_BETWEEN_COPIES = timedelta(seconds=10)
"""Who presses twice does not want two copies; nor do two operators who press at the same moment."""


class EmailInFlight(Problem):
    status, slug, title = 409, "email-in-flight", "Mail is being sent"
    meaning = "A worker is sending this mail at this moment, so it cannot be sent again or given up."
    remedy = (
        "Look at its `status` with `GET /admin/email/{id}` in two minutes, and ask again if it is still"
        " wanted."
    )


class ResentJustNow(Problem):
    status, slug, title = 409, "resent-just-now", "Mail was sent again just now"
    meaning = "Somebody asked for another copy of this mail a moment ago. A second one was not made."
    remedy = "Nothing is left to do. Who wants one more copy waits ten seconds and asks again."


def resend(email_id: UUID, reason: str) -> Email:
    """Send a mail now, whatever became of it. One that was sent goes out as a new copy with an id of its own.

    Raises NotFound, EmailInFlight, ResentJustNow, and NothingToDo for one whose words are gone.
    """
    email, at = _email(email_id), now()
    if not email.has_words:
        raise NothingToDo("There is nothing left to send: somebody in this mail has erased the account.")
    _check_not_sent_now(email, at)
    email.copies += email.status is EmailStatus.SENT
    if email.status is not EmailStatus.WITHDRAWN:
        email.due_at = at
    else:  # a worker that had claimed it before may be sending it still
        email.due_at = min(max(email.due_at, at), at + LEASE)
    email.held_back = False
    email.transition_to(EmailStatus.QUEUED)
    email.attempts, email.resend_requested_at = 0, at
    audit.record("email.resend", f"email:{email.id}", reason)
    after_commit(TaskNames.DELIVER_EMAIL, str(email.id))
    return email


def discard(email_id: UUID, reason: str) -> Email:
    """Try a mail no more. Raises NotFound, NothingToDo."""
    email = _email(email_id)
    if email.status in OVER:
        raise NothingToDo(f"This mail is {email.status}.")
    email.transition_to(EmailStatus.WITHDRAWN)
    audit.record("email.discard", f"email:{email.id}", reason)
    return email


def _check_not_sent_now(email: Email, at: datetime) -> None:
    """Of several who want one mail sent at the same moment, the others are told. Its row is locked."""
    if email.status is EmailStatus.SENDING and email.due_at > at:
        raise EmailInFlight(
            "This mail is being sent at this moment. Look at it again in a moment: if that fails, it is tried"
            " again by itself.",
            {"Retry-After": "5"},
        )
    wanted, sent = email.resend_requested_at, email.sent_at
    if email.status is EmailStatus.SENT and wanted and sent and wanted <= sent > at - PAUSE_BETWEEN_COPIES:
        raise ResentJustNow(
            f"This mail was sent again just now, at {sent:%H:%M:%S} UTC. For another copy, ask again in"
            f" {PAUSE_BETWEEN_COPIES.seconds} seconds.",
            {"Retry-After": str(PAUSE_BETWEEN_COPIES.seconds)},
        )


def _email(email_id: UUID) -> Email:
    email = db.session.get(Email, email_id, with_for_update=True, populate_existing=True)
    if email is None:
        raise NotFound("There is no such mail.")
    return email
