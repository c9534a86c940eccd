"""The page on which one books a time, with or without an account."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.accounts import cookies, guests
from app.accounts.access import optional_account
from app.accounts.guests import AddressKnown, Guest
from app.accounts.models import Account, Role
from app.bookings import policy_words, reservation
from app.bookings.lifecycle import SlotTaken
from app.bookings.models import Booking
from app.bookings.policy import Policy
from app.bookings.schemas import BookingRequest
from app.bookings.status import Status
from app.coaches import offers, slots, slugs
from app.coaches.models import Coach
from app.coaches.offers import Offer
from app.coaches.pricing import price
from app.coaches.schemas import Minutes
from app.extensions import db, now
from app.http import rate_limits
from app.http.access_rule import public
from app.http.pages import Pages
from app.http.problems import Forbidden, Invalid
from app.http.schema_types import Body, Instant, instant_text
from app.web import visitor_zone
from app.web.forms import Form

book = Pages("book", __name__, template_folder="templates")
_SECRET = "_secret"  # noqa: S105 - the name of a field
_OF_TIME = ("session_datetime", "duration_minutes")


class Chosen(Body):
    """The time in the address of the page."""

    start: Instant
    minutes: Minutes


class GuestBooking(Guest, BookingRequest):
    """A booking by somebody who is not signed in."""


class OnlyClientsBook(Forbidden):
    slug, title = "only-clients-book", "Only clients book"
    meaning = "Coaches and administrators cannot book sessions with their accounts."
    remedy = "Sign out, and book with an account of a client or without one."


@dataclass(frozen=True)
class Choice:
    """The time that a visitor has chosen, and whether it is free."""

    coach: Coach
    start: datetime
    minutes: int
    offer: Offer | None
    nearest: list[datetime]
    """The nearest free starts of a time that is not."""

    @classmethod
    def of(cls, coach: Coach, chosen: Chosen) -> "Choice":
        at = now()
        try:
            price(coach, chosen.minutes)
        except Invalid:
            return cls(coach, chosen.start, chosen.minutes, None, [])
        try:
            offer = offers.find(coach, chosen.start, chosen.minutes, at)
        except Invalid:
            offer = None
        nearest = [] if offer else slots.nearest_free(coach, max(chosen.start, at), chosen.minutes, at)
        return cls(coach, chosen.start, chosen.minutes, offer, nearest)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    def address(self, start: datetime) -> str:
        """The page that books another start of the same length."""
        return address(self.coach, start, self.minutes)


def address(coach: Coach, start: datetime, minutes: int) -> str:
    """The page that books a time of a listed coach."""
    return url_for("book.show", coach_slug=coach.slug, start=instant_text(start), minutes=minutes)


@book.get("/book/<coach_slug>")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@public
def show(coach_slug: str) -> ResponseReturnValue:
    coach = slugs.find(coach_slug)
    return _page(Form(), coach)


@book.post("/book/<coach_slug>")
@rate_limits.by_address(rate_limits.REGISTER)
@public
def hold(coach_slug: str) -> ResponseReturnValue:
    """Hold the time; somebody new gets an account without a password."""
    coach, form, visitor = slugs.find(coach_slug), Form.sent(), optional_account()
    form.values.update(_values_of_time(coach))
    with form.problems():
        _check_client(visitor)
        wish = form.read(BookingRequest if visitor else GuestBooking)
        client = visitor or _opened(wish, form.values.get(_SECRET, ""))
        booking = _held_before(client, wish) or reservation.request(client, wish)
        if visitor is None:
            cookies.begin(client)
        return redirect(url_for("own_session.show", booking_id=booking.id), 303)
    _leave_to_the_page(form)
    return _page(form, coach)


def _page(form: Form, coach: Coach) -> ResponseReturnValue:
    chosen = _chosen()
    if chosen is None:
        return redirect(f"/coach/{coach.slug}", 303)
    zone = visitor_zone.of_visitor(None, otherwise=coach.time_zone)
    form.values.setdefault(_SECRET, secrets.token_urlsafe())
    return form.page(
        "booking/book.html",
        choice=Choice.of(coach, chosen),
        coach=coach,
        zone=zone,
        policy=policy_words.sentences(Policy.of(coach.cancellation_policy)),
        is_client=_is_client(optional_account()),
        address_known=isinstance(form.problem, AddressKnown),
        here=request.full_path,
    )


def _is_client(visitor: Account | None) -> bool:
    return visitor is None or visitor.role is Role.CLIENT


def _chosen() -> Chosen | None:
    """The time in the address; None for an address without a readable one."""
    form = Form.of({name: request.args.get(name) for name in ("start", "minutes")})
    with form.problems():
        return form.read(Chosen)
    return None


def _values_of_time(coach: Coach) -> dict[str, str]:
    """The time of the address, as the model of a booking names it."""
    start, minutes = request.args.get("start", ""), request.args.get("minutes", "")
    return {"coach_id": str(coach.id), "session_datetime": start, "duration_minutes": minutes}


def _leave_to_the_page(form: Form) -> None:
    """Drop what the page says itself: that the time is not free, and which are."""
    form.faults = [fault for fault in form.faults if fault.place.strip("/") not in _OF_TIME]
    if isinstance(form.problem, SlotTaken):
        form.problem = None


def _opened(wish: BookingRequest, secret: str) -> Account:
    """The account of somebody new. Raises AddressKnown."""
    assert isinstance(wish, GuestBooking), "of a visitor who is not signed in"
    client = guests.open_account(wish, secret)
    if client is None:
        db.session.commit()  # keep the mail to the owner
        raise AddressKnown("This address has an account. Sign in, then book.")
    return client


def _check_client(visitor: Account | None) -> None:
    if not _is_client(visitor):
        raise OnlyClientsBook("Only clients book sessions. Sign out to book without this account.")


def _held_before(client: Account, wish: BookingRequest) -> Booking | None:
    """The hold that the same form made, when it is sent twice."""
    same = select(Booking).where(
        Booking.client_id == client.id,
        Booking.coach_id == wish.coach_id,
        Booking.status == Status.PENDING,
        Booking.hold_expires_at > now(),
    )
    held = db.session.scalars(same).all()
    return next((each for each in held if each.start == wish.session_datetime), None)
