"""Redacts Stripe's events: after a retention time, and when a person is erased."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, update

from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.events.redaction import redacted
from app.payments.events.status import EventStatus


def redact_old(before: datetime, most: int) -> int:
    """Redact events received before that time, the oldest first. Returns their number."""
    old = _untrimmed(StripeEvent.received_at < before).limit(most)
    return _trim(old.with_for_update(skip_locked=True))  # skip events that are being applied


def redact_of_payments(payments: Sequence[UUID], intents: Sequence[str]) -> int:
    """Redact all events about these payments. Returns their number.

    An event that is being applied is left to its worker, which waits for the accounts that the caller has
    locked and redacts the event itself.
    """
    about = or_(StripeEvent.payment_id.in_(payments), StripeEvent.payment_intent_id.in_(intents))
    is_due = StripeEvent.status == EventStatus.RECEIVED
    done, due = _untrimmed(about, ~is_due), _untrimmed(about, is_due)
    return _trim(done.with_for_update()) + _trim(due.with_for_update(skip_locked=True))


def _untrimmed(*which: ColumnElement[bool]) -> Select[str, str]:
    events = select(StripeEvent.id, StripeEvent.payload).where(StripeEvent.trimmed_at.is_(None), *which)
    return events.order_by(StripeEvent.received_at)


def _trim(events: Select[str, str]) -> int:
    at = now()
    rows = [
        {"id": row.id, "payload": redacted(row.payload), "trimmed_at": at}
        for row in db.session.execute(events)
    ]
    if rows:
        db.session.execute(update(StripeEvent), rows)
    return len(rows)
