"""The life of a mail in the outbox: which status may follow which."""

from enum import StrEnum

from app import transitions


class EmailStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # what it was about changed before it left


UNSENT = (EmailStatus.QUEUED, EmailStatus.SENDING)
"""What may still leave: a worker that is sending may die or fail, and then it is tried again."""
OVER = (EmailStatus.SENT, EmailStatus.WITHDRAWN)
"""What is neither sent nor tried any more, unless an operator wants it."""

TRANSITIONS = {
    # An operator wants it sooner, or an attempt ends whose claim ran out and which was queued again since.
    EmailStatus.QUEUED: {
        EmailStatus.QUEUED,
        EmailStatus.SENDING,
        EmailStatus.FAILED,
        EmailStatus.WITHDRAWN,
    },
    # A claim that ran out is taken by another worker.
    EmailStatus.SENDING: {
        EmailStatus.QUEUED,
        EmailStatus.SENDING,
        EmailStatus.SENT,
        EmailStatus.FAILED,
        EmailStatus.WITHDRAWN,
    },
    EmailStatus.SENT: {EmailStatus.QUEUED},  # an operator sends another copy
    EmailStatus.FAILED: {EmailStatus.QUEUED, EmailStatus.WITHDRAWN},
    EmailStatus.WITHDRAWN: {EmailStatus.QUEUED},  # an operator sends it all the same
}


def check_transition(before: EmailStatus, after: EmailStatus) -> None:
    """Raises IllegalTransition unless the table above lists it."""
    transitions.check("a mail", TRANSITIONS, before, after)
