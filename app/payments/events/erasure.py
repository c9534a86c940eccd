"""When what is personal goes out of Stripe's events: after a while, and when its person is erased."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, update

from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.events.redaction import redacted
from app.payments.events.status import EventStatus


def redact_old(before: datetime, most: int) -> int:
    """Trim events that came before that time, the oldest first; how many there were this time."""
    old = _untrimmed(StripeEvent.received_at < before).limit(most)
    return _trim(old.with_for_update(skip_locked=True))  # a portion leaves to the next what is at work


def redact_of_payments(payments: Sequence[UUID], intents: Sequence[str]) -> int:
    """Trim all events about these payments; how many there were.

    One that is being applied is left to its worker: it waits for the people whom the caller has locked, and
    trims the event itself when they are erased.
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
