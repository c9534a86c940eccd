"""The evidence for a bank: a booking's history with payment, mails and outcome.

All times are UTC, because the reader's zone is unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import and_, or_, select

from app import time_zones
from app.accounts.models import REMINDER_HOURS
from app.bookings.models import Booking, BookingTransition
from app.bookings.policy import Policy
from app.bookings.status import Status as BookingStatus
from app.emails import subject_ids
from app.emails.models import Email
from app.emails.status import EmailStatus
from app.extensions import db
from app.payments.models import Dispute, Payment, PaymentTransition
from app.payments.status import Status
from app.payments.stripe.disputes import Evidence

LONGEST = 20_000
"""Stripe's limit of characters in one field. All fields together stay far below its 150,000."""

MAX_STATEMENT = LONGEST // 2
"""The most characters of the operator's text, to leave room for the history."""

Entry = tuple[datetime, str]


def pack(payment: Payment, statement: str = "") -> Evidence:
    """The history of a payment's bookings, after the operator's statement."""
    client, bookings = payment.client, payment.bookings
    product = "; ".join(_product(booking) for booking in bookings)
    return Evidence(
        text=_text(payment, statement),
        product_description=_cut(product),
        service_date=_cut(", ".join(_day(booking.start) for booking in bookings)),
        customer_name=None if client.is_erased else client.name,
        customer_email=None if client.is_erased else client.email,
    )


def pack_kept(dispute: Dispute, statement: str = "") -> Evidence:
    """The history as of the opening of the dispute, for a client who has erased the account."""
    packed = pack(dispute.payment, statement)
    text = "\n\n".join(part for part in (statement, dispute.evidence) if part)
    return replace(packed, text=_cut(text))


def _text(payment: Payment, statement: str) -> str:
    head = [*([statement, ""] if statement else []), *_summary(payment), ""]
    head.append("What happened, as our records have it (all times are UTC):")
    entries = sorted(_entries(payment))
    # people's own words must not look like our entries
    lines = [f"{_minute(at)}  {' '.join(what.split())}" for at, what in entries]
    return _with_as_many("\n".join(head), lines)


def _with_as_many(head: str, lines: Sequence[str]) -> str:
    """The head and as many lines as the field holds; the rest is only counted."""
    whole = "\n".join([head, *lines])
    if len(whole) <= LONGEST:
        return whole
    kept, room = [], LONGEST - len(head) - 60
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    left_out = f"({len(lines) - len(kept)} more entries do not fit here)"
    return _cut("\n".join([head, *kept, left_out]))


def _summary(payment: Payment) -> Iterator[str]:
    first = payment.bookings[0]
    client = payment.client
    who = client.name if client.is_erased else f"{client.name} <{client.email}>"
    yield f"{who} paid {payment.price} to CultureBridge for:"
    yield from (f"- {_product(booking)}" for booking in payment.bookings)
    yield ""
    yield f"Cancellation policy, agreed when booking: {_policy(first.cancellation_policy)}"
    if payment.receipt_url:
        yield f"Receipt: {payment.receipt_url}"
    if payment.refunded.amount:
        yield f"Refunded so far: {payment.refunded}"


def _product(booking: Booking) -> str:
    local = booking.start.astimezone(time_zones.zone(booking.client_time_zone))
    return (
        f"{booking.duration_minutes} minutes of online coaching with {booking.coach.name} on"
        f" {_day(booking.start)} at {booking.start:%H:%M} UTC ({local:%H:%M} {booking.client_time_zone}):"
        f" {_OUTCOME[booking.status]}"
    )


_OUTCOME = {
    BookingStatus.PENDING: "not confirmed yet",
    BookingStatus.CONFIRMED: "booked and confirmed",
    BookingStatus.COMPLETED: "the session took place",
    BookingStatus.NO_SHOW: "the coach was there, the client did not come",
    BookingStatus.CANCELLED: "cancelled",
    BookingStatus.EXPIRED: "not confirmed in time",
}


def _policy(policy: Policy) -> str:
    tiers = sorted(policy.tiers, key=lambda tier: -tier.hours_before)
    refunds = [
        f"{tier.refund_percent} % until {tier.hours_before} hours before"
        for tier in tiers
        if tier.refund_percent
    ]
    return f"a client who cancels gets back {', '.join(refunds)}, nothing later." if refunds else "no refund."


def _entries(payment: Payment) -> Iterator[Entry]:
    for booking in payment.bookings:
        yield from (
            (transition.created_at, _transition(booking, transition)) for transition in booking.transitions
        )
    yield from _payment_transitions(payment)
    yield from ((mail.sent_at, _mail(mail)) for mail in _mails(payment) if mail.sent_at)
    for refund in payment.refunds:
        yield refund.created_at, f"Refund of {refund.money}, now {refund.status}: {refund.reason}"


def _transition(booking: Booking, transition: BookingTransition) -> str:
    people = {
        f"account:{booking.client_id}": f"The client, {booking.client.name},",
        f"account:{booking.coach_id}": f"The coach, {booking.coach.name},",
    }
    who = people.get(
        transition.actor, "An administrator" if transition.actor.startswith("account:") else "The system"
    )
    session = f"the session of {_minute(booking.start)}"
    if transition.before is None:
        return f"{who} booked {session}"
    if transition.before is transition.after:
        return f"{who} {transition.reason or 'changed'} ({session})"
    why = booking.why(transition)
    return f"{who} marked {session} as {transition.after}{f': {why}' if why else ''}"


def _payment_transitions(payment: Payment) -> Iterator[Entry]:
    yield payment.created_at, f"The payment page for {payment.price} was opened for the client"
    transitions = db.session.scalars(
        select(PaymentTransition).where(PaymentTransition.payment_id == payment.id)
    )
    for transition in transitions:
        if transition.after is Status.SUCCEEDED and transition.before not in {
            Status.PARTIALLY_REFUNDED,
            Status.REFUNDED,
        }:
            receipt = f", receipt {payment.receipt_url}" if payment.receipt_url else ""
            yield transition.created_at, f"{payment.price} were paid on Stripe Checkout{receipt}"
        elif transition.after is Status.FAILED:
            yield transition.created_at, "A try to pay failed"


def _mails(payment: Payment) -> Sequence[Email]:
    """The mails about these sessions, found by the outbox's unique index."""
    about = {str(payment.id), *(str(refund.id) for refund in payment.refunds)}
    for booking in payment.bookings:
        about.add(subject_ids.of_returned_payment(payment.id, booking.id))
        for sequence in range(booking.calendar_sequence + 1):
            about.add(subject_ids.of_booking(booking.id, sequence))
            about |= {subject_ids.of_reminder(booking.id, sequence, hours) for hours in REMINDER_HOURS}
    told = and_(Email.kind.in_(_TELLING), Email.subject_id.in_(about))
    of_link = Email.subject_id.startswith(subject_ids.of_video_links(payment.coach_id, payment.client_id))
    link_told = and_(Email.recipient == payment.client.email, Email.kind == "video_link_changed", of_link)
    sent = select(Email).where(or_(told, link_told))
    return db.session.scalars(sent.where(Email.status == EmailStatus.SENT)).all()


_TELLING = (
    "booking_confirmed",
    "series_confirmed",
    "booking_moved",
    "video_link_changed",  # also mails of one session by their earlier subject
    "booking_cancelled",
    "reminder",
    "payment_returned",
    "refund_issued",
    "refund_failed",
)


def _mail(mail: Email) -> str:
    calendar = ", with an entry for the calendar" if mail.calendar else ""
    if not mail.has_words:
        return f"An e-mail ({mail.kind.replace('_', ' ')}) was sent{calendar}"
    return f'E-mail "{mail.subject}" was sent to {mail.recipient}{calendar}'


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _day(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
