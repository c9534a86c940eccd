"""Reconciliation of events: missing ones, and stuck ones."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlalchemy import or_, select

from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.events.payloads import StripeObject
from app.payments.events.status import EventStatus
from app.payments.reconciliation import ours
from app.payments.reconciliation.differences import Sides
from app.payments.reconciliation.subject import Disagreement, Found, Subject, nothing_held, nothing_listed
from app.payments.stripe import listing
from app.payments.stripe.listing import Kind, Page, Span
from app.payments.webhook import inbox

STUCK_AFTER = timedelta(hours=1)
"""By then an event that can be applied is applied."""


def _listed(span: Span, after: str | None) -> Page:
    return listing.events(span, after, inbox.SUBSCRIBED)


def _listed_undelivered(span: Span, after: str | None) -> Page:
    return listing.undelivered_events(span, after, inbox.SUBSCRIBED)


def _unheard(found: Found) -> Sequence[str]:
    known = set(db.session.scalars(select(StripeEvent.id).where(ours.among(StripeEvent.id, found))))
    return [event_id for event_id in found if event_id not in known]


def _examine(event_id: str, event: StripeObject | None) -> Disagreement | None:
    if event is None or not _unheard({event_id: event}):
        return None
    sides = Sides(f"{event['type']} of {event['data']['object'].get('id')}", "never heard of it")
    return Disagreement(sides, lambda: _deliver(event))


def _deliver(event: StripeObject) -> None:
    """Apply it as if Stripe had delivered it now."""
    inbox.process(inbox.record(json.dumps(event)))


def _held_stuck(span: Span, most: int | None) -> Sequence[str]:
    query = select(StripeEvent.id).where(
        # each condition has its own small partial index
        or_(StripeEvent.status == EventStatus.RECEIVED, StripeEvent.status == EventStatus.FAILED),
        StripeEvent.received_at >= span.since,
        StripeEvent.received_at < span.until,
    )
    return db.session.scalars(query.limit(most)).all()


def _examine_stuck(event_id: str, _event: StripeObject | None) -> Disagreement | None:
    event = db.session.get(StripeEvent, event_id, populate_existing=True)
    if event is None or not _is_stuck(event):
        return None
    sides = Sides(
        f"{event.type} of {event.subject.get('id')}",
        f"{event.status}: {event.last_error or 'not applied yet'}",
    )
    return Disagreement(sides)


def _examine_any(event_id: str, event: StripeObject | None) -> Disagreement | None:
    return _examine(event_id, event) or _examine_stuck(event_id, event)


def _is_stuck(event: StripeEvent) -> bool:
    if event.status is EventStatus.RECEIVED:
        return event.received_at < now() - STUCK_AFTER
    return event.status is EventStatus.FAILED


EVENTS = Subject(
    kind=Kind.EVENT,
    page=_listed,
    held=nothing_held,
    find=partial(listing.find, Kind.EVENT),
    differing=_unheard,
    examine=_examine,
)
ANY_EVENT = replace(EVENTS, examine=_examine_any)
UNDELIVERED = replace(EVENTS, page=_listed_undelivered)
STUCK_EVENTS = Subject(
    kind=Kind.EVENT,
    page=nothing_listed,
    held=_held_stuck,
    find=None,  # Stripe's copy of it changes nothing
    differing=list,
    examine=_examine_stuck,
)
