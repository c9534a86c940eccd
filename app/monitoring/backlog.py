"""Backlog: what is pending or failed, and for how long."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, func, select

from app.bookings.models import Booking
from app.bookings.status import Status
from app.emails.models import Email
from app.emails.status import UNSENT, EmailStatus
from app.extensions import Base, db, now
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.payments.models import Dispute, Refund
from app.payments.reconciliation.differences import Difference
from app.payments.status import DECIDED, NOT_REFUNDED, DisputeStatus, RefundStatus
from app.queue.enqueue import BrokerAway, depths
from app.queue.names import QueueNames


@dataclass(frozen=True)
class Backlog:
    waiting: int
    failed: int
    oldest_waiting_seconds: float
    """Seconds for which the oldest pending one has waited; 0 without any."""


@dataclass(frozen=True)
class _Kind:
    table: type[Base]
    at: ColumnElement[datetime]
    waits: ColumnElement[bool]
    failed: ColumnElement[bool]

    def backlog(self) -> Backlog:
        waiting, oldest = db.session.execute(
            select(func.count(), func.min(self.at)).select_from(self.table).where(self.waits)
        ).one()
        failed = db.session.scalar(select(func.count()).select_from(self.table).where(self.failed))
        age = max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
        return Backlog(waiting, failed or 0, age)


# Each condition matches a partial index, so that finished rows, nearly all, are not read.
_KINDS = {
    "stripe_event": _Kind(
        StripeEvent,
        StripeEvent.received_at.expression,
        StripeEvent.status == EventStatus.RECEIVED,
        StripeEvent.status == EventStatus.FAILED,
    ),
    "email": _Kind(
        Email, Email.created_at.expression, Email.status.in_(UNSENT), Email.status == EmailStatus.FAILED
    ),
    "refund": _Kind(
        Refund,
        Refund.created_at.expression,
        (Refund.status == RefundStatus.PENDING)
        & Refund.stripe_refund_id.is_(None)
        & ~Dispute.holding(Refund.payment_id),  # a bank may take months
        Refund.status.in_(NOT_REFUNDED),
    ),
    "difference": _Kind(
        Difference, Difference.created_at.expression, Difference.resolved_at.is_(None), false()
    ),
}


def backlogs() -> dict[str, Backlog]:
    """Backlogs of events, mails, refunds and reconciliation differences."""
    return {name: kind.backlog() for name, kind in _KINDS.items()}


def holds() -> Backlog:
    """Unpaid holds: running ones, and as `failed` expired ones that are not released yet."""
    pending = Booking.status == Status.PENDING
    running = db.session.scalar(select(func.count()).where(pending, Booking.hold_expires_at > now()))
    stale, first = db.session.execute(
        select(func.count(), func.min(Booking.hold_expires_at)).where(
            pending, Booking.hold_expires_at <= now()
        )
    ).one()
    return Backlog(running or 0, stale, (now() - first).total_seconds() if first else 0.0)


def open_disputes() -> int:
    """Disputes that a bank has yet to decide."""
    undecided = [status for status in DisputeStatus if status not in DECIDED]
    return db.session.scalar(select(func.count()).where(Dispute.status.in_(undecided))) or 0


def queue_depths() -> dict[str, int] | None:
    """Messages in each queue; None if the broker does not answer or refuses the login."""
    try:
        return depths(*QueueNames)
    except BrokerAway:
        return None
