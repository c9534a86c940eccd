"""What an operator can do with a mail: send it once more, or no more."""

from uuid import UUID

from app import audit
from app.emails.models import UNSENT, Email, EmailStatus
from app.extensions import db, now
from app.jobs import after_commit
from app.problems import NotFound, Problem


class NotWaiting(Problem):
    status, slug = 409, "nothing-to-do"


def resend(email_id: UUID, reason: str) -> Email:
    """Send a mail now, whatever became of it. One that was sent goes out as a new copy with an id of its own.

    Raises NotFound, and NotWaiting for one whose words are gone.
    """
    email = _email(email_id)
    if not email.has_words:
        raise NotWaiting("There is nothing left to send: somebody in this mail has erased the account.")
    email.copies += email.status is EmailStatus.SENT
    email.status, email.attempts, email.due_at = EmailStatus.QUEUED, 0, now()
    audit.record("email.resend", f"email:{email.id}", reason)
    after_commit("emails.deliver", str(email.id))
    return email


def discard(email_id: UUID, reason: str) -> Email:
    """Try a mail no more. Raises NotFound, NotWaiting."""
    email = _email(email_id)
    if email.status not in {*UNSENT, EmailStatus.FAILED}:
        raise NotWaiting(f"This mail is {email.status}.")
    email.status = EmailStatus.WITHDRAWN
    audit.record("email.discard", f"email:{email.id}", reason)
    return email


def _email(email_id: UUID) -> Email:
    email = db.session.get(Email, email_id, with_for_update=True, populate_existing=True)
    if email is None:
        raise NotFound("There is no such mail.")
    return email
