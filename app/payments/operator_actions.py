"""Operator actions on events and refunds: replay, retry and discard."""

from uuid import UUID

from app import audit
from app.extensions import db, now
from app.http.problems import NotFound, NothingToDo, Problem
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.payments.ledger import posting, stripe_fees
from app.payments.models import Payment, Refund
from app.payments.refunds import refunds
from app.payments.status import NOT_REFUNDED, RefundReason, RefundStatus
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames

DISCARDED = "discarded by an operator"


class RefundFollowed(Problem):
    """A failed refund is replaced once."""

    status, slug, title = 409, "refund-followed", "Refund was retried already"
    meaning = "This failed refund was already replaced, which is possible once."
    remedy = "Look at the refund in `refund_id`. If it failed too, retry that one."


class RefundInFlight(Problem):
    status, slug, title = 409, "refund-in-flight", "Refund is under way"
    meaning = "This refund is being submitted to Stripe."
    remedy = (
        "Look at its `status` with `GET /admin/refund/{id}` in two minutes, and repeat the request if"
        " you still need it."
    )


def replay(event_id: str, reason: str) -> StripeEvent:
    """Apply an event again, whatever its status. Its earlier effects are not repeated.

    Raises NotFound.
    """
    event = _event(event_id)
    event.transition_to(EventStatus.RECEIVED)
    event.reason, event.attempts, event.due_at, event.finished_at = None, 0, now(), None
    audit.record("stripe_event.replay", f"stripe_event:{event.id}", reason)
    after_commit(TaskNames.PROCESS_RECORDED_EVENT, event.id)
    return event


def discard_event(event_id: str, reason: str) -> StripeEvent:
    """Discard an event. Raises NotFound, NothingToDo."""
    event = _event(event_id)
    if event.status not in {EventStatus.RECEIVED, EventStatus.FAILED}:
        raise NothingToDo(f"This event is {event.status}.")
    event.transition_to(EventStatus.IGNORED)
    event.reason, event.finished_at = f"{DISCARDED}: {reason}", now()
    audit.record("stripe_event.discard", f"stripe_event:{event.id}", reason)
    return event


def retry_refund(refund_id: UUID, reason: str) -> Refund:
    """Retry a refund.

    A refund that Stripe does not have is submitted again under its own idempotency key. One that failed at
    Stripe is final: a new one of the same share replaces it, once. Raises NotFound, NothingToDo,
    RefundFollowed, RefundInFlight.
    """
    refund, payment = _refund(refund_id)
    _check_retryable(refund)
    audit.record("refund.retry", f"refund:{refund.id}", reason)
    if refund.is_owed:
        refunds.ask_again(refund)
        return refund
    booking = next((each for each in payment.bookings if each.id == refund.booking_id), payment.bookings[0])
    if refund.amount_minor > payment.left_of(booking).amount:
        raise NothingToDo("This money was refunded another way already.")
    if refund.status is RefundStatus.CANCELED and refund.stripe_refund_id is None:
        refund.status, refund.failure_reason = RefundStatus.PENDING, None
        refunds.ask_again(refund)
        return refund
    said = refund.stripe_reason or RefundReason.REQUESTED
    return refunds.request(
        payment, refund.money, refund.reason, booking, refund.cause, follows=refund, stripe_reason=said
    )


def _check_retryable(refund: Refund) -> None:
    follower = refund.follower
    if follower:
        raise RefundFollowed(
            f"This refund was already retried: it is replaced by refund {follower.id}, which is"
            f" {follower.status}. If that one fails too, retry that one.",
            refund_id=str(follower.id),
        )
    _check_not_in_flight(refund)
    if not refund.is_owed and refund.status not in NOT_REFUNDED:
        raise NothingToDo(f"Stripe has this refund: it is {refund.status}.")


def _check_not_in_flight(refund: Refund) -> None:
    if refund.is_owed and refund.is_being_submitted(now()):
        raise RefundInFlight(
            "This refund is being submitted to Stripe. Check it again in a moment.",
            {"Retry-After": "5"},
        )


def discard_refund(refund_id: UUID, reason: str) -> Refund:
    """Discard a refund that Stripe does not have yet, because it was settled another way.

    Raises NotFound, NothingToDo, RefundInFlight.
    """
    refund, payment = _refund(refund_id)
    if not refund.is_owed:
        raise NothingToDo(f"This refund was submitted to Stripe, and it is {refund.status}.")
    _check_not_in_flight(refund)
    refunds.call_off(refund, f"{DISCARDED}: {reason}")
    audit.record("refund.discard", f"refund:{refund.id}", reason)
    db.session.flush()
    refunds.update_refunded(payment)
    posting.post(payment)
    stripe_fees.recheck_transfer(payment)
    return refund


def _event(event_id: str) -> StripeEvent:
    event = StripeEvent.with_id(event_id)
    db.session.refresh(event, with_for_update=True)
    return event


def _refund(refund_id: UUID) -> tuple[Refund, Payment]:
    refund = db.session.get(Refund, refund_id)
    payment = Payment.locked(refund.payment_id) if refund else None
    if refund is None or payment is None:
        raise NotFound("There is no such refund.")
    db.session.refresh(refund)
    return refund, payment
