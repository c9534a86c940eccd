"""Sending what the outbox holds."""

import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import InterfaceError, OperationalError

from app import alerts
from app.alerts import AlertKind
from app.emails import digest, signed_links, smtp
from app.emails.models import Email
from app.emails.status import UNSENT, EmailStatus
from app.extensions import db, now
from app.queue.backoff import MAX_ATTEMPTS, delay, delay_unless_last
from app.queue.enqueue import enqueue
from app.queue.names import TaskNames

log = logging.getLogger(__name__)

MAX_WITHOUT_CONNECTION = 8
"""Attempts that are counted while the mail server cannot be reached: two to four minutes apart at last."""
WATCHED = frozenset({"needs_attention", "test"})
"""A mail of alerts causes no other about itself, and who sends a test sees what becomes of it."""


def deliver(email_id: UUID) -> timedelta | None:
    """Send one mail that is due; the pause before another try when that is wanted.

    One that was held back leaves with others in one mail, which has a job of its own.

    Commits twice, as no transaction is open while the mail server is spoken to: the claim before, the
    outcome after. Only a crash between the server's yes and the second commit sends a mail again, and
    then under the same Message-ID. A database that went away meanwhile is told when it is back.
    """
    email = Email.claim(email_id)
    db.session.commit()
    if email is None:
        digest.gather(email_id)
        return None
    if email.attempts > MAX_ATTEMPTS:
        return _failed(email, RuntimeError("every worker that tried it died"), None)
    try:
        smtp.send(email)
    except smtp.Refused as error:
        return _failed(email, error, None)
    except smtp.Unreachable as error:
        return _failed(email, error, _pause_after(error, email))
    except Exception as error:  # whatever it was is kept on the row and tried again
        log.exception("mail %s %s", email.kind, email.id)
        return _failed(email, error, delay_unless_last(email.attempts))
    log.info("mail %s %s sent", email.kind, email_id)
    email.transition_to(EmailStatus.SENT)
    email.sent_at, email.last_error = now(), None
    try:
        db.session.commit()
    except (OperationalError, InterfaceError) as error:
        db.session.rollback()
        log.warning("mail %s is noted as sent later, as the database does not answer: %s", email_id, error)
        enqueue(TaskNames.RECORD_SENT_EMAIL, str(email_id))
    return None


def _pause_after(error: smtp.Unreachable, email: Email) -> timedelta | None:
    """None after the last attempt. Without a connection there is no last one: the mail waits until the
    server or our settings are mended, be that days, and is tried every few minutes.
    """
    if not isinstance(error, smtp.NotConnected):
        return delay_unless_last(email.attempts)
    if email.attempts == MAX_WITHOUT_CONNECTION:
        log.error("no mail leaves, so mails wait: %s", error)
    return delay(min(email.attempts, MAX_WITHOUT_CONNECTION))


def _failed(email: Email, error: Exception, wait: timedelta | None) -> timedelta | None:
    """Write down what went wrong, and when to try again: never, when `wait` is None or it is over meanwhile.

    While this worker tried, the mail may have been withdrawn; or its claim ran out, and another sent it.
    """
    db.session.refresh(email, with_for_update=True)
    if isinstance(error, smtp.NotConnected):
        email.attempts = min(email.attempts, MAX_WITHOUT_CONNECTION)
    said = signed_links.without_tokens(str(error))  # servers repeat what they refuse
    if email.status is not EmailStatus.SENT:
        email.last_error = said if email.has_words else None  # servers repeat the address that they refuse
    if email.status not in UNSENT:
        db.session.commit()
        return None
    email.transition_to(_status_after_failure(email, wait))
    email.due_at = now() + (wait or timedelta())
    if email.status is EmailStatus.FAILED and email.kind not in WATCHED:
        what = f"A mail to {email.recipient} ({email.kind}, {email.id}) could not be sent: {said}"
        alerts.record(AlertKind.EMAIL, email.id, what)
    db.session.commit()
    log.warning(
        "mail %s %s not sent (attempt %s, %s): %s", email.kind, email.id, email.attempts, email.status, said
    )
    return wait


def _status_after_failure(email: Email, wait: timedelta | None) -> EmailStatus:
    if wait is not None:
        return EmailStatus.QUEUED
    # Where its recipient is erased, there is nobody left whom the operator could reach.
    return EmailStatus.WITHDRAWN if email.to_erased else EmailStatus.FAILED
