"""Mails that are withheld until their address is verified, and their release."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from app.emails.models import Email
from app.emails.recipient_limits import WITHHELD
from app.emails.status import EmailStatus
from app.extensions import db, now
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

MOST = 50
"""The most mails that are considered, the newest first: strangers may have caused any number."""


def to(recipient: str, kinds: Collection[str]) -> Sequence[Email]:
    """The withheld mails of these kinds to an address."""
    withheld = Email.status == EmailStatus.WITHDRAWN, Email.last_error == WITHHELD
    query = select(Email).where(Email.recipient == recipient, Email.kind.in_(kinds), *withheld)
    return db.session.scalars(query.order_by(Email.created_at.desc()).limit(MOST).with_for_update()).all()


def release(mails: Sequence[Email]) -> None:
    """Release mails to one recipient; several are sent as one digest."""
    for mail in mails:
        mail.transition_to(EmailStatus.QUEUED)
        mail.held_back, mail.due_at, mail.last_error = True, now(), None
    if mails:
        after_commit(TaskNames.DELIVER_EMAIL, str(mails[0].id))
