"""What the pages of one session show its client, whether signed in or come by the link of a mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template, request, url_for

from app import parsing, time_zones
from app.accounts.models import Account
from app.bookings import calendar, calendar_links, cancellation, policy_words
from app.bookings.cancellation import TooLate, WrongStatus
from app.bookings.models import Booking, Party
from app.bookings.policy import Cancelling
from app.bookings.status import Status
from app.coaches import slots
from app.extensions import db, now
from app.money.money import Money
from app.payments.models import Payment
from app.payments.schemas import PaymentView
from app.payments.status import NOT_REFUNDED
from app.payments.status import Status as PaymentStatus
from app.web import book
from app.web.forms import Form

DAYS_SHOWN = 14


@dataclass(frozen=True)
class Door:
    """A session, and where the pages stand on which its client sees and changes it."""

    booking: Booking
    room: str
    """The blueprint of these pages."""
    arguments: Mapping[str, Any]
    """What identifies the session in their addresses."""
    can_pay: bool = False
    """Whether it can be paid there."""

    @property
    def client(self) -> Account:
        return self.booking.client

    @property
    def zone(self) -> ZoneInfo:
        return self.client.zone

    def url(self, view: str, **query: Any) -> str:
        return url_for(f"{self.room}.{view}", **self.arguments, **query)

    def page(self, template: str, form: Form | None = None, **shown: Any) -> tuple[str, int]:
        form = form or Form()
        shown |= {"door": self, "booking": self.booking, "zone": self.zone, "form": form}
        return render_template(f"booking/{template}.html", **shown), form.status


def state(booking: Booking, payment: Payment | None) -> str:
    """How the session stands: held, paying, expired, or its status after that."""
    if booking.status is not Status.PENDING:
        return str(booking.status)
    if payment and payment.status is PaymentStatus.PROCESSING:
        return "paying"
    return "held" if booking.holds(now()) else "expired"


def seconds_left(booking: Booking) -> int:
    """The remaining seconds of an unpaid hold."""
    left = booking.hold_expires_at - now() if booking.hold_expires_at else timedelta()
    return max(0, int(left.total_seconds()))


def payment_of(booking: Booking) -> Payment | None:
    return db.session.get(Payment, booking.payment_id) if booking.payment_id else None


def session(
    door: Door, form: Form | None = None, returned: bool = False, template: str = "session"
) -> tuple[str, int]:
    """The session with all that its client may do. `returned`: the client comes from Stripe's page."""
    booking, payment = door.booking, payment_of(door.booking)
    standing = state(booking, payment)
    return door.page(
        template,
        form,
        state=standing,
        waits=standing == "paying" or (returned and standing == "held"),
        seconds_left=seconds_left(booking),
        payment=PaymentView.of(payment, door.client) if payment else None,
        cancelling=preview(booking),
        policy=policy_words.sentences(booking.cancellation_policy),
        google=calendar_links.google(booking),
        outlook=calendar_links.outlook(booking),
        status_url=door.url("status") if door.can_pay else None,
        refund=_refund(booking, payment),
        nearest=_nearest(booking) if standing == "expired" else [],
        book_again=partial(_book_again, booking),
    )


def status(booking: Booking) -> dict[str, Any]:
    """What the page asks again and again while it waits."""
    return {"state": state(booking, payment_of(booking)), "seconds_left": seconds_left(booking)}


def cancel(door: Door, form: Form | None = None) -> tuple[str, int]:
    """The question before a cancellation, with the refund."""
    cancelling = preview(door.booking)
    return door.page("cancel", form, cancelling=cancelling, is_paid=door.booking.status is Status.CONFIRMED)


def move(door: Door, form: Form | None = None) -> tuple[str, int]:
    """The free times of two weeks, day by day, for a move."""
    booking, at = door.booking, now()
    first = _first_day(door, at)
    since = time_zones.midnight(first, door.zone)
    until = time_zones.midnight(first + timedelta(days=DAYS_SHOWN), door.zone)
    found = slots.free_starts(booking.coach, booking.duration_minutes, since, until, at, booking.id)
    days = _by_day([start for start in found if start != booking.start], door.zone)
    chosen = _day_asked() or next(iter(days), first)
    return door.page(
        "move",
        form,
        may_move=preview(booking) is not None and booking.status is Status.CONFIRMED,
        days=list(days),
        first=first,
        chosen=chosen,
        times=days.get(chosen, []),
        earlier=first - timedelta(days=DAYS_SHOWN) if first > at.astimezone(door.zone).date() else None,
        later=first + timedelta(days=DAYS_SHOWN),
    )


def calendar_file(booking: Booking) -> Response:
    answer = Response(calendar.current(booking), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="session.ics"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def preview(booking: Booking) -> Cancelling | None:
    """The refund that the client would get now. None if the session can no longer be changed."""
    try:
        return cancellation.preview(booking, Party.CLIENT)
    except (WrongStatus, TooLate):
        return None


def _refund(booking: Booking, payment: Payment | None) -> Money | None:
    """What was or is being refunded for this session; None for nothing."""
    refunds = payment.refunds if payment else []
    own = [
        each.money for each in refunds if each.booking_id == booking.id and each.status not in NOT_REFUNDED
    ]
    return sum(own[1:], own[0]) if own else None


def _book_again(booking: Booking, start: datetime) -> str:
    return book.address(booking.coach, start, booking.duration_minutes)


def _nearest(booking: Booking) -> list[datetime]:
    at = now()
    if not booking.coach.is_listed:
        return []
    return slots.nearest_free(booking.coach, max(booking.start, at), booking.duration_minutes, at)


def _first_day(door: Door, at: datetime) -> date:
    today = at.astimezone(door.zone).date()
    return max(today, _date("from") or _date("day") or today)


def _day_asked() -> date | None:
    return _date("day")


def _date(name: str) -> date | None:
    try:
        return parsing.calendar_date(request.args.get(name, ""))
    except ValueError:
        return None


def _by_day(starts: list[datetime], zone: ZoneInfo) -> dict[date, list[datetime]]:
    days: dict[date, list[datetime]] = {}
    for start in starts:
        days.setdefault(start.astimezone(zone).date(), []).append(start)
    return days
