from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from app.accounts.access import current_account, signed_in
from app.accounts.models import Role
from app.bookings import calendar, lifecycle
from app.bookings.schemas import BookingRequest, BookingView
from app.idempotency import idempotent

bookings = APIBlueprint("bookings", __name__, url_prefix="/booking")


@bookings.post("")
@idempotent
@bookings.input(BookingRequest)
@bookings.output(BookingView, status_code=201)
@bookings.doc(responses=[404, 409])
@signed_in(Role.CLIENT)
def request_booking(json_data: BookingRequest) -> BookingView:
    """Hold a time with a coach until it is paid for."""
    return BookingView.of(lifecycle.request(current_account(), json_data))


@bookings.get("/<uuid:booking_id>")
@bookings.output(BookingView)
@bookings.doc(responses=[404])
@signed_in()
def show_booking(booking_id: UUID) -> BookingView:
    """One booking, for its client, its coach or an admin."""
    return BookingView.of(lifecycle.seen_by(current_account(), booking_id))


@bookings.get("/<uuid:booking_id>/calendar.ics")
@bookings.doc(responses=[404])
@signed_in()
def show_calendar(booking_id: UUID) -> Response:
    """The session as an iCalendar file."""
    booking = lifecycle.seen_by(current_account(), booking_id)
    return Response(calendar.current(booking), content_type="text/calendar; charset=utf-8")
