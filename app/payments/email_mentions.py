"""Finds the mails that name a person: those about the person's sessions, payments and disputes.

It looks them up by kind and subject id, with the outbox's unique index.
"""

from collections.abc import Iterator

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from app.accounts.models import REMINDER_HOURS, Account
from app.bookings.models import Booking
from app.emails import subject_ids
from app.emails.models import Email
from app.payments.disputes import messages as dispute_messages
from app.payments.models import Dispute, Payment, PaymentLine, Refund

Mentions = CompoundSelect[str, str]
"""Kinds and subjects of mails."""
Mails = Select[str, str]
"""Some of them."""
OF_A_BOOKING = ("booking_confirmed", "booking_moved", "video_link_changed", "booking_cancelled")


def of_person(account: Account) -> Mentions:
    """The kinds and subjects of mails to anyone that name this person."""
    is_theirs = or_(Booking.client_id == account.id, Booking.coach_id == account.id)
    bookings = (
        select(Booking.id, Booking.coach_id, Booking.calendar_sequence).where(is_theirs).cte("bookings")
    )
    payments = (
        select(Payment.id)
        .where(or_(Payment.client_id == account.id, Payment.coach_id == account.id))
        .cte("payments")
    )
    return union_all(
        *_about_bookings(bookings),
        *_about_payments(payments),
        _about_video_links(account, bookings),
        _about("coach_left", literal(str(account.id))),
    )


def _about_bookings(bookings: CTE) -> Iterator[Mails]:
    numbers = func.generate_series(0, bookings.c.calendar_sequence)
    sequence = numbers.column_valued("sequence", joins_implicitly=True)
    for kind in OF_A_BOOKING:
        yield _about(kind, subject_ids.of_booking(bookings.c.id, sequence))
    for hours in REMINDER_HOURS:
        yield _about("reminder", subject_ids.of_reminder(bookings.c.id, sequence, hours))
    yield _about("hold_cancelled", cast(bookings.c.id, Text))


def _about_payments(payments: CTE) -> Iterator[Mails]:
    theirs = select(payments.c.id)
    lines = (
        select(PaymentLine.payment_id, PaymentLine.booking_id).where(PaymentLine.payment_id.in_(theirs)).cte()
    )
    refunds = select(Refund.id).where(Refund.payment_id.in_(theirs)).cte()
    disputes = select(cast(Dispute.id, Text)).where(Dispute.payment_id.in_(theirs))
    yield _about("series_confirmed", cast(payments.c.id, Text))
    yield _about("payment_returned", subject_ids.of_returned_payment(lines.c.payment_id, lines.c.booking_id))
    for kind in ("refund_issued", "refund_failed"):
        yield _about(kind, cast(refunds.c.id, Text))
    yield select(Email.kind, Email.subject_id).where(
        Email.kind.in_(dispute_messages.KINDS), subject_ids.main_ids(Email.subject_id).in_(disputes)
    )


def _about_video_links(account: Account, bookings: CTE) -> Mails:
    """Mails about video links: those of this coach, and those to coaches that list this client."""
    coach, reader = subject_ids.main_ids(Email.subject_id), subject_ids.video_link_readers(Email.subject_id)
    to_coach_of_theirs = and_(coach == reader, coach.in_(select(cast(bookings.c.coach_id, Text))))
    return select(Email.kind, Email.subject_id).where(
        Email.kind == "video_link_changed", or_(coach == str(account.id), to_coach_of_theirs)
    )


def _about(kind: str, subject_id: ColumnElement[str]) -> Mails:
    return select(literal(kind).label("kind"), subject_id.label("subject_id"))
