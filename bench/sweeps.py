"""What beat asks every few seconds or minutes: whether there is anything left to do."""

from app.bookings import lifecycle, reminders, video_links
from app.emails import models
from app.extensions import now
from app.payments.ledger import stripe_fees
from app.payments.refunds import submission
from app.payments.webhook import inbox
from bench.question import Ask, Question

MOST = 500
"""As many rows as the workers take at once."""


def questions() -> list[Question]:
    """Each finds what was left to it on purpose; but no session is over, as that sweep would move it too."""
    return [
        _sweep("stale holds", lambda: len(lifecycle.STALE_HOLDS.ids(MOST))),
        _sweep("reminders due", _reminders),
        _sweep("sessions over", lambda: lifecycle.complete_past(MOST)),
        _sweep("forgotten links", lambda: len(video_links.DUE.ids(MOST))),
        _sweep("forgotten events", lambda: len(inbox.DUE.ids(MOST))),
        _sweep("forgotten refunds", lambda: len(submission.DUE.ids(MOST))),
        _sweep("unknown fees", lambda: len(stripe_fees.DUE.ids(MOST))),
        _sweep("forgotten mails", lambda: len(models.DUE.ids(MOST))),
    ]


def _reminders() -> int:
    reminders.withdraw_late(now(), MOST)
    return len(reminders.DUE.ids(MOST))


def _sweep(name: str, sweep: Ask) -> Question:
    return Question(f"sweep: {name}", lambda _: sweep)
