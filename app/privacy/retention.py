"""Retention: deletes old events, mails, alerts and other records that are done.

Failed ones stay until an operator has dealt with them, however old they are.
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
"""Rows deleted in one statement, to keep locks short. A full portion asks for the next one."""


def delete_events() -> int:
    """Delete processed events older than EVENT_RETENTION_DAYS. Returns their number."""
    old = StripeEvent.received_at < now() - timedelta(days=current_settings().event_retention_days)
    done = StripeEvent.status.in_([EventStatus.PROCESSED, EventStatus.IGNORED])
    return _remove(StripeEvent, StripeEvent.id, StripeEvent.received_at, old & done)


def delete_emails() -> int:
    """Delete sent mails older than EMAIL_RETENTION_DAYS. Returns their number."""
    old = Email.created_at < now() - timedelta(days=current_settings().email_retention_days)
    done = Email.status.in_([EmailStatus.SENT, EmailStatus.WITHDRAWN])
    return _remove(Email, Email.id, Email.created_at, old & done)


def delete_alerts() -> int:
    """Delete alerts mailed more than EMAIL_RETENTION_DAYS ago. Returns their number."""
    old = Alert.told_at < now() - timedelta(days=current_settings().email_retention_days)
    return _remove(Alert, Alert.id, Alert.told_at, old)


def delete_refused_sign_ins() -> int:
    """Delete refused sign-ins older than PII_RETENTION_DAYS. Returns the number of hourly rows."""
    days = timedelta(days=current_settings().pii_retention_days)
    at = RefusedSignIns.created_at
    return _remove(RefusedSignIns, RefusedSignIns.id, at, at < now() - days)


def redact_events() -> int:
    """Redact personal data in events older than PII_RETENTION_DAYS. Returns their number."""
    before = now() - timedelta(days=current_settings().pii_retention_days)
    return event_erasure.redact_old(before, MOST)


def delete_evidence() -> int:
    """Delete the evidence of disputes decided more than PII_RETENTION_DAYS ago. Returns their number."""
    return payments_erasure.forget_evidence(MOST)


def redact_emails() -> int:
    """Delete the text of sent mails that name an erased account. Returns their number."""
    return erasure.redact_words(MOST)


def delete_unpaid_holds() -> int:
    """Delete day-old records of unpaid holds that expired or were cancelled. Returns their number."""
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
    oldest = found.cte("oldest").prefix_with(
        "MATERIALIZED"
    )  # otherwise the planner may run the subquery once for each row
    old = key.in_(select(oldest.c.id))
    return len(db.session.scalars(delete(table).where(old).returning(key)).all())
