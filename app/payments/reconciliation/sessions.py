"""Reconciliation of Checkout sessions with our payments."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

from sqlalchemy import select

from app.extensions import db, now
from app.payments.checkout import sessions
from app.payments.checkout.payable import NotPayable
from app.payments.events.payloads import StripeObject, Unreadable, of_session
from app.payments.models import Payment
from app.payments.reconciliation import ours
from app.payments.reconciliation.differences import Sides
from app.payments.reconciliation.subject import Disagreement, Found, Subject, nothing_listed
from app.payments.settlement import payment_events
from app.payments.status import PAID, Status
from app.payments.stripe import checkout_sessions, deployment, listing
from app.payments.stripe.listing import Kind, Span


class Standing(StrEnum):
    """The outcome of a session."""

    OPEN = "open"
    PAID = "paid"
    PROCESSING = "processing"
    NOT_PAID = "not paid"
    EXPIRED = "expired"


AGREES = {
    Standing.PAID: PAID,
    Standing.PROCESSING: {Status.PROCESSING},
    Standing.NOT_PAID: {Status.FAILED, Status.EXPIRED},
    Standing.EXPIRED: {Status.EXPIRED},
}
"""The matching statuses of our payment."""
TELLS = {
    Standing.PAID: payment_events.session_paid,
    Standing.PROCESSING: payment_events.session_completed,
    Standing.NOT_PAID: payment_events.session_failed,
    Standing.EXPIRED: payment_events.session_expired,
}
"""The handler of the missing event."""
NOTHING_TO_PAY = {Standing.NOT_PAID, Standing.EXPIRED}


def _standing(session: StripeObject) -> Standing:
    """Raises Unreadable for an unknown status."""
    if session["status"] != "complete":
        return Standing(session["status"])
    if session["payment_status"] == "paid":
        return Standing.PAID
    if session["payment_status"] != "unpaid":
        raise Unreadable(session, "payment_status")
    intent = session["payment_intent"] or {}
    over = intent.get("status") in {"requires_payment_method", "canceled"}
    return Standing.NOT_PAID if over else Standing.PROCESSING


def _compare(session: StripeObject, payment: Payment | None) -> Disagreement | None:
    reported, standing = of_session(session), _standing(session)
    says = f"{standing}, {reported.amount}"
    if payment is None:
        is_ours = reported.payment_id and standing not in NOTHING_TO_PAY
        return Disagreement(Sides(says, "there is no such payment", reported.payment_id)) if is_ours else None
    sides = Sides(says, ours.summary(payment), payment.id)
    if reported.amount != payment.price and standing not in NOTHING_TO_PAY:
        return Disagreement(sides)
    if payment.stripe_session_id not in {None, session["id"]}:
        return _second_session(session, payment, standing)
    if standing is Standing.OPEN:
        return _compare_open(session, payment, sides)
    agrees = payment.status in AGREES[standing] and _is_known(payment, standing)
    return None if agrees else Disagreement(sides, partial(TELLS[standing], session, now()))


def _is_known(payment: Payment, standing: Standing) -> bool:
    """Whether the session's event is recorded, not only its intent's."""
    return bool(payment.session_ended_at if standing in NOTHING_TO_PAY else payment.stripe_session_id)


def _second_session(session: StripeObject, payment: Payment, standing: Standing) -> Disagreement | None:
    if standing in NOTHING_TO_PAY:
        return None
    we_say = f"{ours.summary(payment)}, in {payment.stripe_session_id}"
    close = partial(_close, session) if standing is Standing.OPEN else None
    return Disagreement(Sides(f"{standing}, a second session", we_say, payment.id), close)


def _compare_open(session: StripeObject, payment: Payment, sides: Sides) -> Disagreement | None:
    """An open session is right while we wait for its payment; otherwise it must be closed."""
    if payment.is_paid or payment.status is Status.PROCESSING:
        return Disagreement(sides)
    if payment.session_expires_at <= now() or payment.status is Status.EXPIRED:
        return Disagreement(sides, partial(_close, session))
    if payment.stripe_session_id is None or not sessions.is_wanted(payment):
        return Disagreement(sides, partial(_learn, payment, session))
    return None


def _close(session: StripeObject) -> None:
    """Close the session. One that Stripe leaves open stays a difference and does not stop the run."""
    with suppress(checkout_sessions.StillOpen):
        checkout_sessions.close_session(session["id"])


def _learn(payment: Payment, session: StripeObject) -> None:
    """Store the session whose answer was lost, or close it if it is no longer needed."""
    with suppress(NotPayable, checkout_sessions.StillOpen):
        sessions.record(payment.id, checkout_sessions.CheckoutSession(session["id"], session["url"]))


def _differing(found: Found) -> Sequence[str]:
    known = deployment.not_claimed_by_others({each: session for each, session in found.items() if session})
    payments = _payments(known)
    differing = [each for each, session in known.items() if _compare(session, payments.get(each))]
    return [*differing, *(session_id for session_id, session in found.items() if session is None)]


def _examine(session_id: str, session: StripeObject | None) -> Disagreement | None:
    if session is None:
        return _unknown_there(session_id)
    known = deployment.not_claimed_by_others({session_id: session})
    return _compare(session, _payments(known).get(session_id)) if known else None


def _payments(known: Mapping[str, StripeObject]) -> dict[str, Payment]:
    """Our payments of sessions; of open sessions with their bookings."""
    payments = ours.payments({session_id: of_session(session) for session_id, session in known.items()})
    ours.read_bookings([each for name, each in payments.items() if known[name]["status"] == Standing.OPEN])
    return payments


def _unknown_there(session_id: str) -> Disagreement | None:
    """A session that Stripe does not know cannot be paid, but it may have been."""
    payment = db.session.scalar(
        select(Payment)
        .where(Payment.stripe_session_id == session_id)
        .execution_options(populate_existing=True)
    )
    if payment is None or not (payment.is_paid or payment.status is Status.PROCESSING):
        return None
    return Disagreement(Sides("there is no such session", ours.summary(payment), payment.id))


SESSIONS = Subject(
    kind=Kind.SESSION,
    page=listing.sessions,
    held=ours.held(Payment.stripe_session_id),
    find=partial(listing.find, Kind.SESSION),
    differing=_differing,
    examine=_examine,
)
OPEN_PAYMENTS = replace(
    SESSIONS,
    page=nothing_listed,
    held=ours.held(
        Payment.stripe_session_id,
        Payment.status.in_([Status.PENDING, Status.PROCESSING, Status.FAILED]),
        Payment.session_ended_at.is_(None),
    ),
)
"""Sessions that we still wait for: they may be older than the window, and their last event may be lost."""
OVERDUE_AFTER = timedelta(minutes=10)
"""By then an event and the sweep of expired holds have recorded that a session expired."""


def _held_overdue(span: Span, most: int | None) -> Sequence[str]:
    is_overdue = (
        Payment.status.in_([Status.PENDING, Status.FAILED]),
        Payment.session_ended_at.is_(None),
        Payment.session_expires_at < now() - OVERDUE_AFTER,
    )
    return ours.held(Payment.stripe_session_id, *is_overdue)(span, most)


OVERDUE_PAYMENTS = replace(SESSIONS, page=nothing_listed, held=_held_overdue)
"""Expired sessions whose end we do not know. Lists showed them while they were still open."""
