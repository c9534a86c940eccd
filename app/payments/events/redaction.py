"""Taking what is personal out of Stripe's events, and leaving what they are applied by.

What stays is listed: ids, amounts, statuses and times. So nothing that Stripe adds one day stays by mistake.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, update
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.extensions import db, now
from app.payments.events.models import EVENTS, EventStatus, StripeEvent
from app.payments.models import Payment

_IDS = {
    "account", "application_fee", "balance_transaction", "booking_id", "charge", "client_reference_id",
    "coach_id", "customer", "deployment_id", "destination", "destination_payment", "id", "latest_charge",
    "on_behalf_of", "originating_transaction", "payment_id", "payment_intent", "payment_method",
    "receipt_url", "refund_id", "source_transaction", "source_transfer_reversal", "transfer_group",
    "transfer_reversal",
}  # fmt: skip
_AMOUNTS = {
    "amount", "amount_authorized", "amount_captured", "amount_received", "amount_refunded", "amount_reversed",
    "amount_subtotal", "amount_total", "application_fee_amount", "currency", "fee", "net",
}  # fmt: skip
_STATUSES = {
    "actionable", "api_version", "cancellation_reason", "captured", "charges_enabled", "code", "decline_code",
    "details_submitted", "disabled_reason", "disputed", "failure_code", "failure_message", "failure_reason",
    "fraud_type", "has_evidence", "has_more", "is_charge_refundable", "livemode", "message", "mode",
    "network_reason_code", "network_status", "object", "paid", "past_due", "payment_method_types",
    "payment_status", "payouts_enabled", "pending_webhooks", "reason", "refunded", "reversed", "risk_level",
    "seller_message", "status", "submission_count", "type",
}  # fmt: skip
_TIMES = {"canceled_at", "created", "due_by", "expires_at"}
_PARTS = {
    "balance_transactions", "data", "evidence_details", "last_payment_error", "metadata", "outcome",
    "previous_attributes", "refunds", "request", "reversals", "transfer_data",
}  # fmt: skip
"""What is an object or a list itself: of it, too, only what stands here is kept."""
KEPT = _IDS | _AMOUNTS | _STATUSES | _TIMES | _PARTS
DEEPEST = 12
"""What Stripe sends is less deep; of what is deeper nothing is kept."""


_CLIENT, _COACH = aliased(Account), aliased(Account)
_IS_OF_ERASED = (
    select(Payment.id)
    .join(_CLIENT, _CLIENT.id == Payment.client_id)
    .join(_COACH, _COACH.id == Payment.coach_id)
    .where(
        or_(
            Payment.id == StripeEvent.payment_id,
            Payment.stripe_payment_intent_id == StripeEvent.payment_intent_id,
        ),
        or_(_CLIENT.erased_at.is_not(None), _COACH.erased_at.is_not(None)),
    )
    .correlate(StripeEvent)
    .exists()
)
"""Whether an event is about the payment of somebody who has erased the account."""
_FINISH = update(EVENTS).where(EVENTS.c.id == bindparam("event")).returning(_IS_OF_ERASED)
"""The rest of what it is given is what it sets."""


def redacted(payload: str) -> str:
    """The event without what is personal in it."""
    return json.dumps(_kept(json.loads(payload), DEEPEST))


def _kept(value: Any, deepest: int) -> Any:
    if isinstance(value, dict):
        return {name: _kept(each, deepest - 1) for name, each in value.items() if name in KEPT and deepest}
    if isinstance(value, list):
        return [_kept(each, deepest - 1) for each in value if deepest]
    return value


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


def finish(
    event: StripeEvent, status: EventStatus, reason: str | None = None, error: str | None = None
) -> None:
    """Write down what became of an event. Of some nothing personal is needed from then on.

    They are about the payment of somebody who has erased the account, or about a coach's account at Stripe,
    of which we ask Stripe how it stands.
    """
    outcome = {"status": status, "reason": reason, "last_error": error, "finished_at": now()}
    is_of_erased = db.session.scalar(_FINISH, {"event": event.id, **outcome})
    if event.is_of_coach or is_of_erased:
        event.payload, event.trimmed_at = redacted(event.payload), now()


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
