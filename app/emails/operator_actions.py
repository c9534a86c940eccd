"""Operator actions on mails: resend and discard."""

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
"""Two requests within this time send one copy."""


class EmailInFlight(Problem):
    status, slug, title = 409, "email-in-flight", "Mail is being sent"
    meaning = "A worker is sending this mail, so it cannot be resent or discarded now."
    remedy = (
        "Look at its `status` with `GET /admin/email/{id}` in two minutes, and repeat the request if"
        " you still need it."
    )


class ResentJustNow(Problem):
    status, slug, title = 409, "resent-just-now", "Mail was just resent"
    meaning = "Another copy of this mail was requested a moment ago. No second one was made."
    remedy = "Nothing is left to do. To send one more copy, wait ten seconds and try again."


def resend(email_id: UUID, reason: str) -> Email:
    """Send a mail now, whatever its status. A sent one goes out as a new copy with its own Message-ID.

    Raises NotFound, EmailInFlight, ResentJustNow, and NothingToDo for one whose text is deleted.
    """
    email, at = _email(email_id), now()
    if not email.has_words:
        raise NothingToDo("There is nothing left to send: a person in this mail has erased the account.")
    _check_not_sent_now(email, at)
    email.copies += email.status is EmailStatus.SENT
    if email.status is not EmailStatus.WITHDRAWN:
        email.due_at = at
    else:  # a worker that claimed it earlier may still be sending it
        email.due_at = min(max(email.due_at, at), at + LEASE)
    email.held_back = False
    email.transition_to(EmailStatus.QUEUED)
    email.attempts, email.resend_requested_at = 0, at
    audit.record("email.resend", f"email:{email.id}", reason)
    after_commit(TaskNames.DELIVER_EMAIL, str(email.id))
    return email


def discard(email_id: UUID, reason: str) -> Email:
    """Discard a mail. Raises NotFound, NothingToDo."""
    email = _email(email_id)
    if email.status in OVER:
        raise NothingToDo(f"This mail is {email.status}.")
    email.transition_to(EmailStatus.WITHDRAWN)
    audit.record("email.discard", f"email:{email.id}", reason)
    return email


def _check_not_sent_now(email: Email, at: datetime) -> None:
    """Refuse a concurrent or repeated resend. The row is locked."""
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
