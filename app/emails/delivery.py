"""Delivery of the mails in the outbox."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import InterfaceError, OperationalError

from app import alerts
from app.alerts import AlertKind
from app.emails import digest, signed_links, smtp
from app.emails.models import Email
from app.emails.status import UNSENT, EmailStatus
from app.extensions import db, now
from app.queue.backoff import RetryPolicy
from app.queue.enqueue import enqueue
from app.queue.names import TaskNames

log = logging.getLogger(__name__)

RETRIES = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1), max_attempts=12)
"""The last attempt comes 34 to 68 minutes after the first. A mail that is refused for good is not retried."""
MAX_WITHOUT_CONNECTION = 8
"""The most attempts counted while the mail server is unreachable; later pauses take 2 to 4 minutes."""
WATCHED = frozenset({"needs_attention", "test"})
"""Mails whose failure records no alert: the digest of alerts itself, and the test mail."""


def deliver_all(email_ids: Iterable[UUID]) -> dict[UUID, timedelta]:
    """Send mails one after the other. Returns the pause before the retry of each that failed.

    One that fails does not keep those behind it from leaving.
    """
    waits = {email_id: deliver(email_id) for email_id in email_ids}
    return {email_id: wait for email_id, wait in waits.items() if wait}


def deliver(email_id: UUID) -> timedelta | None:
    """Send one mail that is due. Returns the pause before a retry, or None.

    A mail that was held back leaves with others in a digest, which has a job of its own.

    Commits twice, because no transaction is open during SMTP: the claim before, the outcome after. Only a
    crash between the server's acceptance and the second commit sends a mail again, under the same
    Message-ID. If the database is away afterwards, the outcome is stored when it is back.
    """
    email = Email.claim(email_id)
    db.session.commit()
    if email is None:
        digest.gather(email_id)
        return None
    if RETRIES.is_exceeded(email.attempts):
        return _failed(email, RuntimeError("every worker that tried it died"), None)
    try:
        smtp.send(email)
    except smtp.Refused as error:
        return _refused(email, error)
    except smtp.Unreachable as error:
        return _failed(email, error, _pause_after(error, email))
    except Exception as error:  # the error is stored on the row, and the mail retried
        log.exception("mail %s %s", email.kind, email.id)
        return _failed(email, error, RETRIES.delay_unless_last(email.attempts))
    log.info("mail %s %s sent", email.kind, email_id)
    try:
        email.mark_sent()
        db.session.commit()
    except (OperationalError, InterfaceError) as error:
        db.session.rollback()
        log.warning(
            "mail %s is marked as sent later, because the database does not answer: %s", email_id, error
        )
        enqueue(TaskNames.RECORD_SENT_EMAIL, str(email_id))
    return None


def _refused(email: Email, error: smtp.Refused) -> timedelta | None:
    """Of a collected mail, try each half by itself; any other has failed."""
    if not digest.halve(email):
        return _failed(email, error, None)
    log.warning("mail %s %s was refused: each half of it leaves by itself", email.kind, email.id)
    db.session.commit()
    return None


def _pause_after(error: smtp.Unreachable, email: Email) -> timedelta | None:
    """The pause before the next attempt; None after the last one.

    Without a connection there is no last one: the mail is retried every few minutes until the server or the
    settings are corrected.
    """
    if not isinstance(error, smtp.NotConnected):
        return RETRIES.delay_unless_last(email.attempts)
    if email.attempts == MAX_WITHOUT_CONNECTION:
        log.error("mails wait, because none can be sent: %s", error)
    return RETRIES.delay(min(email.attempts, MAX_WITHOUT_CONNECTION))


def _failed(email: Email, error: Exception, wait: timedelta | None) -> timedelta | None:
    """Record the error and the time of the next attempt: none if `wait` is None or the mail is already done.

    Meanwhile the mail may have been withdrawn, or its claim expired and another worker sent it.
    """
    db.session.refresh(email, with_for_update=True)
    if isinstance(error, smtp.NotConnected):
        email.attempts = min(email.attempts, MAX_WITHOUT_CONNECTION)
    said = signed_links.without_tokens(str(error))  # servers quote what they refuse
    if email.status is not EmailStatus.SENT:
        email.last_error = said if email.has_words else None  # servers quote the address that they refuse
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
    # no alert for an erased recipient, whom the operator cannot reach
    return EmailStatus.WITHDRAWN if email.to_erased else EmailStatus.FAILED
