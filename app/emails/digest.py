"""Digests: mails above a recipient's limit are held back and leave together in one mail."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from app.emails.models import Email
from app.emails.outbox import insert_gathered
from app.emails.status import EmailStatus
from app.extensions import db, now
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

MOST = 50
"""The most mails in one digest; the others follow in the next."""


def gather(email_id: UUID) -> None:
    """Put all held-back mails that are due to this mail's recipient into a digest. Ignores other mails.

    Commits. Of several workers one does it, and the others find nothing left.
    """
    recipient = db.session.scalar(select(Email.recipient).where(Email.id == email_id, Email.held_back))
    if recipient is not None:
        db.session.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(f"mails to {recipient}", 0)))
        )
        _gather(_due(recipient))
    db.session.commit()


def halve(together: Email) -> bool:
    """Put each half of a collected mail that the server refuses into a mail of its own; False for any other.

    So one whose words the server does not take keeps no other from leaving.
    """
    db.session.refresh(together, with_for_update=True)
    of_it = Email.gathered_in == together.id, Email.text_body != ""
    ordered = select(Email).where(*of_it).order_by(Email.created_at, Email.id)
    parts = db.session.scalars(ordered.with_for_update()).all()
    if len(parts) < 2 or together.status is not EmailStatus.SENDING:
        return False
    together.transition_to(EmailStatus.WITHDRAWN)
    together.last_error = "refused; each half of it leaves in a mail of its own"
    for part in parts:
        part.transition_to(EmailStatus.QUEUED)
        part.held_back, part.gathered_in, part.due_at, part.last_error = True, None, now(), None
    db.session.flush()
    _gather(parts[: len(parts) // 2])
    _gather(parts[len(parts) // 2 :])
    return True


def _due(recipient: str) -> Sequence[Email]:
    """The oldest first."""
    waiting = Email.recipient == recipient, Email.held_back, Email.status == EmailStatus.QUEUED
    query = select(Email).where(*waiting, Email.due_at <= now()).order_by(Email.created_at, Email.id)
    return db.session.scalars(query.limit(MOST).with_for_update()).all()


def _gather(due: Sequence[Email]) -> None:
    if len(due) == 1:
        due[0].held_back = False
        after_commit(TaskNames.DELIVER_EMAIL, str(due[0].id))
    elif due:
        together = insert_gathered(due)
        for each in due:
            each.transition_to(EmailStatus.WITHDRAWN)
            each.gathered_in, each.last_error = together, f"its words left in mail {together}, with others"
