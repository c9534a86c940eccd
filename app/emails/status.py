"""The life of a mail in the outbox: which status may follow which."""

from enum import StrEnum

from app import transitions


class EmailStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # its subject changed before it was sent


UNSENT = (EmailStatus.QUEUED, EmailStatus.SENDING)
"""Statuses that may still be sent: a worker that is sending may fail, and then the mail is retried."""
OVER = (EmailStatus.SENT, EmailStatus.WITHDRAWN)
"""Statuses that are neither sent nor retried, unless an operator resends them."""

TRANSITIONS = {
    # an operator resends it, or an attempt ends after its claim expired and it was queued again
    EmailStatus.QUEUED: {
        EmailStatus.QUEUED,
        EmailStatus.SENDING,
        EmailStatus.FAILED,
        EmailStatus.WITHDRAWN,
    },
    # another worker takes over an expired claim
    EmailStatus.SENDING: {
        EmailStatus.QUEUED,
        EmailStatus.SENDING,
        EmailStatus.SENT,
        EmailStatus.FAILED,
        EmailStatus.WITHDRAWN,
    },
    EmailStatus.SENT: {EmailStatus.QUEUED},  # an operator sends another copy
    EmailStatus.FAILED: {EmailStatus.QUEUED, EmailStatus.WITHDRAWN},
    EmailStatus.WITHDRAWN: {EmailStatus.QUEUED},  # an operator sends it anyway
}


def check_transition(before: EmailStatus, after: EmailStatus) -> None:
    """Raises IllegalTransition unless the table above lists it."""
    transitions.check("a mail", TRANSITIONS, before, after)
