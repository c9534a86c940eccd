"""What is kept no longer: what is dealt with of events, has left of mails, was told of troubles, and is old.

What failed stays until an operator has dealt with it, however old it is.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.refused_sign_ins import RefusedSignIns
from app.alerts import Alert
from app.bookings import hold_limits
from app.bookings.unpaid_holds import UnpaidHold
from app.config.settings import current_settings
from app.emails import erasure
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import Base, db, now
from app.payments import erasure as payments_erasure
from app.payments.events import erasure as event_erasure
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus

MOST = 2000
"""As many rows at once, so that nobody waits for a deletion; who finds as many should come again."""


def delete_events() -> int:
    """Remove events that were kept for EVENT_RETENTION_DAYS; how many."""
    old = StripeEvent.received_at < now() - timedelta(days=current_settings().event_retention_days)
    done = StripeEvent.status.in_([EventStatus.PROCESSED, EventStatus.IGNORED])
    return _remove(StripeEvent, StripeEvent.id, StripeEvent.received_at, old & done)


def delete_emails() -> int:
    """Remove mails that were kept for EMAIL_RETENTION_DAYS; how many."""
    old = Email.created_at < now() - timedelta(days=current_settings().email_retention_days)
    done = Email.status.in_([EmailStatus.SENT, EmailStatus.WITHDRAWN])
    return _remove(Email, Email.id, Email.created_at, old & done)


def delete_alerts() -> int:
    """Remove what the operator was told EMAIL_RETENTION_DAYS ago, as the mail that told it; how much."""
    old = Alert.told_at < now() - timedelta(days=current_settings().email_retention_days)
    return _remove(Alert, Alert.id, Alert.told_at, old)


def delete_refused_sign_ins() -> int:
    """Remove wrong passwords and codes of PII_RETENTION_DAYS ago; of how many hours."""
    days = timedelta(days=current_settings().pii_retention_days)
    at = RefusedSignIns.created_at
    return _remove(RefusedSignIns, RefusedSignIns.id, at, at < now() - days)


def redact_events() -> int:
    """Take what is personal out of events received PII_RETENTION_DAYS ago; of how many."""
    before = now() - timedelta(days=current_settings().pii_retention_days)
    return event_erasure.redact_old(before, MOST)


def delete_evidence() -> int:
    """Remove the evidence of disputes decided PII_RETENTION_DAYS ago; of how many."""
    return payments_erasure.forget_evidence(MOST)


def redact_emails() -> int:
    """Take the words out of mails that name somebody whose account was erased; how many had left."""
    return erasure.redact_words(MOST)


def delete_unpaid_holds() -> int:
    """Remove what was held and came to nothing a day ago, or stands as nothing of it lapsed; how much."""
    lapsed = UnpaidHold.lapsed_at < now() - hold_limits.OF_A_PERSON.counted_for
    longest = timedelta(days=current_settings().delayed_hold_days + 1)
    never_lapsed = UnpaidHold.lapsed_at.is_(None) & (UnpaidHold.created_at < now() - longest)
    return _remove(UnpaidHold, UnpaidHold.id, UnpaidHold.created_at, lapsed | never_lapsed)


def _remove(
    table: type[Base],
    key: InstrumentedAttribute[object],
    at: InstrumentedAttribute[object],
    which: ColumnElement[bool],
) -> int:
    found = select(key.label("id")).where(which).order_by(at).limit(MOST).with_for_update(skip_locked=True)
    oldest = found.cte("oldest").prefix_with("MATERIALIZED")  # else it may be looked for once a row
    old = key.in_(select(oldest.c.id))
    return len(db.session.scalars(delete(table).where(old).returning(key)).all())
