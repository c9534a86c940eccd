"""The inbox of Stripe's events: recorded first, then applied once, with retries."""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError

from app import alerts
from app.alerts import AlertKind
from app.config.settings import current_settings
from app.extensions import db, now
from app.observability import context
from app.payments.disputes import events as dispute_events
from app.payments.events.models import EVENTS, StripeEvent
from app.payments.events.payloads import Mismatch, Outcome, Unstorable, claimed_payment, text_or_none
from app.payments.events.status import EventStatus
from app.payments.fraud import warnings as fraud_warnings
from app.payments.ledger import stripe_fees
from app.payments.payouts import connect
from app.payments.refunds import events as refund_events
from app.payments.settlement import payment_events
from app.payments.stripe import deployment
from app.payments.webhook import api_versions
from app.payments.webhook.api_versions import Reading
from app.queue.backoff import RetryPolicy
from app.queue.sweeps import DueRows
from app.unicode_text import storable

log = logging.getLogger(__name__)

SUBSCRIBED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.canceled",
        "charge.refunded",
        "charge.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
        "transfer.reversed",
        "application_fee.refunded",
    }
)
"""The event types that we subscribe to. Others are recorded and ignored."""
SUBSCRIBED_OF_COACHES = frozenset({"account.updated"})
"""The event types of connected accounts, with STRIPE_CONNECT."""
HANDLERS = (
    payment_events.HANDLERS
    | refund_events.HANDLERS
    | dispute_events.HANDLERS
    | fraud_warnings.HANDLERS
    | stripe_fees.HANDLERS
    | connect.HANDLERS
)
RETRIES = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1), max_attempts=12)
"""The last attempt comes 34 to 68 minutes after the first. Then the event fails, with an alert."""
LEASE = timedelta(minutes=2)
"""How long a claim lasts before another worker may take it."""


_INSERT_ONCE = insert(EVENTS).on_conflict_do_nothing(index_elements=["id"]).returning(EVENTS.c.attempts)


class WorkerDied(Exception):
    """An attempt began and never ended."""


@dataclass(frozen=True)
class Attempt:
    """A claimed event: one attempt, by one worker until the lease ends."""

    event_id: str
    number: int


def record(payload: str) -> Attempt | None:
    """Record an event once, however often it is delivered, and claim it. None if it is not due.

    Commits both at once: if the worker dies later, that attempt counts, and the event is due again when the
    lease ends.
    """
    row = _row(payload) | {"attempts": 1, "due_at": now() + LEASE}
    number = db.session.scalar(_INSERT_ONCE, row) or _claim(row["id"])
    db.session.commit()
    return Attempt(row["id"], number) if number else None


def _row(payload: str) -> dict[str, Any]:
    event = json.loads(payload)
    subject = event["data"]["object"]
    intent = subject.get("payment_intent")
    if subject.get("object") == "payment_intent":
        intent = subject.get("id")
    return {
        "id": event["id"],
        "type": event["type"],
        "livemode": event.get("livemode") is True,
        "payload": payload,
        "api_version": text_or_none(event, "api_version"),
        "payment_intent_id": intent if isinstance(intent, str) and intent.isprintable() else None,
        "payment_id": claimed_payment(subject),
        "request_id": context.request_id.get(),
    }


def claim(event_id: str) -> Attempt | None:
    """Claim a recorded event; None if it is not due. Commits."""
    number = _claim(event_id)
    db.session.commit()
    return Attempt(event_id, number) if number else None


def _claim(event_id: str) -> int | None:
    at = now()
    return db.session.scalar(
        update(StripeEvent)
        .where(
            StripeEvent.id == event_id, StripeEvent.status == EventStatus.RECEIVED, StripeEvent.due_at <= at
        )
        .values(attempts=StripeEvent.attempts + 1, due_at=at + LEASE)
        .returning(StripeEvent.attempts)
    )


def process(attempt: Attempt | None) -> timedelta | None:
    """Apply a claimed event, if any. Returns the pause before a retry, or None.

    The attempt was counted in an earlier commit, so that an event that kills its worker fails in the end. All
    effects of the event and its new status are one transaction.
    """
    if attempt is None:
        return None
    event_id = attempt.event_id
    if RETRIES.is_exceeded(attempt.number):
        return _failed(event_id, WorkerDied("every worker that tried it died"), wait=None)
    try:
        with context.acting(f"stripe:{event_id}", context.request_id.get()):
            _apply_in_our_version(event_id)
        db.session.commit()
    except Mismatch as error:
        db.session.rollback()
        return _failed(event_id, error, wait=None)
    except DataError as error:
        db.session.rollback()
        return _failed(event_id, Unstorable(str(error.orig)), wait=None)
    except Exception as error:  # the error is stored on the row, and the event retried
        db.session.rollback()
        log.exception("event %s failed (attempt %s)", event_id, attempt.number)
        return _failed(event_id, error, wait=RETRIES.delay_unless_last(attempt.number))
    return None


def _apply_in_our_version(event_id: str) -> None:
    try:
        _apply(event_id)
    except api_versions.NotOurVersion as unread:
        db.session.rollback()  # no transaction is open while Stripe is asked
        _apply(event_id, api_versions.fetched(unread))


def _apply(event_id: str, fetched: Reading | None = None) -> None:
    """Apply the event in one transaction. Raises NotOurVersion without any change."""
    event = StripeEvent.locked(event_id)
    if event.status is not EventStatus.RECEIVED:  # another worker was faster
        return
    reason = _why_not_for_us(event) or _handle(fetched or api_versions.as_written(event))
    event.finish(EventStatus.IGNORED if reason else EventStatus.PROCESSED, reason)


def _handle(reading: Reading) -> Outcome:
    if reading.type is None:
        return api_versions.OVERTAKEN
    return HANDLERS[reading.type](reading.subject, reading.at)


def _why_not_for_us(event: StripeEvent) -> str | None:
    """Why the event is ignored, independent of its content; None if it is applied. Raises Mismatch."""
    if event.type not in HANDLERS:
        return "a type that nothing here depends on"
    if event.is_of_coach and event.type not in SUBSCRIBED_OF_COACHES:
        return "it happened at a coach's own account"  # where anyone can write our ids
    is_of_refund = event.type in refund_events.HANDLERS
    of_another = refund_events.of_another_deployment if is_of_refund else deployment.claimed_by_another
    if other := of_another(event.subject):
        return f"it is of another deployment: {other[:40]}"
    return _of_another_mode(event) if event.livemode is not current_settings().livemode else None


def _of_another_mode(event: StripeEvent) -> str:
    """Why an event of the other mode is ignored: Connect endpoints get both (Stripe: "Connect webhooks").

    Raises Mismatch for one of our own account, whose endpoints have one mode: a secret is set wrong.
    """
    mode = "live" if event.livemode else "test"
    if event.is_of_coach:
        return f"it is of {mode} mode, and our key is not"
    raise Mismatch(f"Stripe says that it is of {mode} mode, and our key is not")


def _failed(event_id: str, error: Exception, wait: timedelta | None) -> timedelta | None:
    event = StripeEvent.locked(event_id)
    if event.status is not EventStatus.RECEIVED:  # another worker finished it meanwhile
        db.session.commit()
        return None
    event.last_error = storable(f"{type(error).__name__}: {error}")
    event.due_at = now() + (wait or timedelta())
    if wait is None:
        what = f"Stripe's event {event_id} ({event.type}) could not be applied: {event.last_error}"
        alerts.record(AlertKind.STRIPE_EVENT, event_id, what)
        event.finish(EventStatus.FAILED, error=event.last_error)
    db.session.commit()
    return wait


DUE = DueRows(StripeEvent.id, StripeEvent.due_at, (StripeEvent.status == EventStatus.RECEIVED,))
"""Recorded events that are due: their job was lost, failed, or died."""
