"""Events from Stripe: on record first, then applied once, tried again until they are."""

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError

from app import alerts
from app.alerts import AlertKind
from app.config.settings import current_settings
from app.extensions import db, now
from app.observability import context
from app.payments.disputes import events as dispute_events
from app.payments.events.models import EVENTS, StripeEvent
from app.payments.events.payloads import Mismatch, Unstorable, claimed_payment, text_or_none
from app.payments.events.status import EventStatus
from app.payments.fraud import warnings as fraud_warnings
from app.payments.ledger import stripe_fees
from app.payments.payouts import connect
from app.payments.refunds import refunds
from app.payments.settlement import payment_events
from app.payments.stripe import deployment
from app.payments.webhook import api_versions
from app.payments.webhook.api_versions import Reading
from app.queue.backoff import MAX_ATTEMPTS, delay_unless_last
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
"""What Stripe is asked to send. Any other type is recorded and ignored."""
SUBSCRIBED_OF_COACHES = frozenset({"account.updated"})
"""What Stripe is asked to send of the accounts that are connected to ours, where STRIPE_CONNECT is on."""
HANDLERS = (
    payment_events.HANDLERS
    | refunds.HANDLERS
    | dispute_events.HANDLERS
    | fraud_warnings.HANDLERS
    | stripe_fees.HANDLERS
    | connect.HANDLERS
)
LEASE = timedelta(minutes=2)
"""How long one try may take before another worker may try."""


_INSERT_ONCE = insert(EVENTS).on_conflict_do_nothing(index_elements=["id"]).returning(EVENTS.c.attempts)


class WorkerDied(Exception):
    """An attempt began and never came to an end."""


def record(payload: str) -> tuple[str, int | None]:
    """Put an event on record, once however often it is delivered, and claim it if it is due.

    Its id, and which attempt begins, if one does. Commits both at once: whoever dies from here on has had an
    attempt, and the event is due again when the lease is over.
    """
    row = _row(payload) | {"attempts": 1, "due_at": now() + LEASE}
    attempt = db.session.scalar(_INSERT_ONCE, row) or _claim(row["id"])
    db.session.commit()
    return row["id"], attempt


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


def process(event_id: str) -> timedelta | None:
    """Apply an event on record if it is due; the pause before another try when that is wanted."""
    attempt = _claim(event_id)
    db.session.commit()
    return apply(event_id, attempt)


def apply(event_id: str, attempt: int | None) -> timedelta | None:
    """Apply an event that was claimed, if it was; the pause before another try when that is wanted.

    The attempt was counted in a commit of its own, so that an event which kills its worker is parked in the
    end. Everything it does, and that it is done, is one transaction.
    """
    if attempt is None:
        return None
    if attempt > MAX_ATTEMPTS:
        return _failed(event_id, WorkerDied("every worker that tried it died"), wait=None)
    try:
        with context.acting(f"stripe:{event_id}", context.request_id.get()):
            _apply_as_written_or_anew(event_id)
        db.session.commit()
    except Mismatch as error:
        db.session.rollback()
        return _failed(event_id, error, wait=None)
    except DataError as error:
        db.session.rollback()
        return _failed(event_id, Unstorable(str(error.orig)), wait=None)
    except Exception as error:  # whatever it was is kept on the row and tried again
        db.session.rollback()
        log.exception("event %s failed (attempt %s)", event_id, attempt)
        return _failed(event_id, error, wait=delay_unless_last(attempt))
    return None


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


def _apply_as_written_or_anew(event_id: str) -> None:
    try:
        _apply(event_id)
    except api_versions.NotOurVersion as unread:
        db.session.rollback()  # no transaction is open while Stripe is asked
        _apply(event_id, api_versions.fetched(unread))


def _apply(event_id: str, anew: Reading | None = None) -> None:
    event = StripeEvent.locked(event_id)
    if event.status is not EventStatus.RECEIVED:
        return
    reason = _applied(event, anew)
    status = EventStatus.IGNORED if reason else EventStatus.PROCESSED
    event.finish(status, reason=reason)


def _applied(event: StripeEvent, anew: Reading | None) -> str | None:
    """Why there was nothing to do; None when something was done. Raises NotOurVersion."""
    apply = HANDLERS.get(event.type)
    if apply is None:
        return "a type that nothing here depends on"
    if event.is_of_coach and event.type not in SUBSCRIBED_OF_COACHES:
        return "it happened at a coach's own account"  # who can write there what ids they like
    of_another = (
        refunds.of_another_deployment if event.type in refunds.HANDLERS else deployment.claimed_by_another
    )
    if other := of_another(event.subject):
        return f"it is of another deployment: {other[:40]}"
    if event.livemode is not current_settings().livemode:
        return _of_another_mode(event)
    reading = anew or api_versions.as_written(event)
    return HANDLERS[reading.type](reading.subject, reading.at) if reading.type else api_versions.OVERTAKEN


def _of_another_mode(event: StripeEvent) -> str:
    """Why it is left alone, where Stripe sends events of both modes (Stripe: "Connect webhooks").

    Raises Mismatch for one of our own account, whose endpoints are of one mode each: a secret is set wrong.
    """
    mode = "live" if event.livemode else "test"
    if event.is_of_coach:
        return f"it is of {mode} mode, and our key is not"
    raise Mismatch(f"Stripe says that it is of {mode} mode, and our key is not")


def _failed(event_id: str, error: Exception, wait: timedelta | None) -> timedelta | None:
    event = StripeEvent.locked(event_id)
    if event.status is not EventStatus.RECEIVED:  # another worker was done with it while this one tried
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


def due(most: int) -> Sequence[str]:
    """Events on record that are due: their job was lost, failed, or died."""
    query = select(StripeEvent.id).where(
        StripeEvent.status == EventStatus.RECEIVED, StripeEvent.due_at <= now()
    )
    return db.session.scalars(query.order_by(StripeEvent.due_at).limit(most)).all()
