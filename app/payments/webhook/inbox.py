"""Events from Stripe: on record first, then applied once, tried again until they are."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
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
    | refund_events.HANDLERS
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


@dataclass(frozen=True)
class Attempt:
    """One try to apply an event on record, which its worker alone has until the lease ends."""

    event_id: str
    number: int


def record(payload: str) -> Attempt | None:
    """Put an event on record, once however often it is delivered, and claim it. None if it is not due.

    Commits both at once: a worker that dies from here on has had an attempt, and the event is due again when
    the lease ends.
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
    """Claim an event on record; None if it is not due. Commits."""
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
    """Apply a claimed event, if one was claimed; the pause before another attempt when one is wanted.

    The attempt was counted in a commit of its own, so that an event which kills its worker is parked in the
    end. Everything the event does, and that it is done, is one transaction.
    """
    if attempt is None:
        return None
    event_id = attempt.event_id
    if attempt.number > MAX_ATTEMPTS:
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
    except Exception as error:  # whatever it was is kept on the row and tried again
        db.session.rollback()
        log.exception("event %s failed (attempt %s)", event_id, attempt.number)
        return _failed(event_id, error, wait=delay_unless_last(attempt.number))
    return None


def _apply_in_our_version(event_id: str) -> None:
    try:
        _apply(event_id)
    except api_versions.NotOurVersion as unread:
        db.session.rollback()  # no transaction is open while Stripe is asked
        _apply(event_id, api_versions.fetched(unread))


def _apply(event_id: str, fetched: Reading | None = None) -> None:
    """Raises NotOurVersion, and has done nothing then."""
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
    """Why it is left alone, whatever it says; None where it is applied. Raises Mismatch."""
    if event.type not in HANDLERS:
        return "a type that nothing here depends on"
    if event.is_of_coach and event.type not in SUBSCRIBED_OF_COACHES:
        return "it happened at a coach's own account"  # who can write there what ids they like
    is_of_refund = event.type in refund_events.HANDLERS
    of_another = refund_events.of_another_deployment if is_of_refund else deployment.claimed_by_another
    if other := of_another(event.subject):
        return f"it is of another deployment: {other[:40]}"
    return _of_another_mode(event) if event.livemode is not current_settings().livemode else None


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
