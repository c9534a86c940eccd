from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from app.accounts.access import current_account, signed_in
from app.accounts.models import Role
from app.bookings import access, calendar, cancellation, lifecycle, queries, reservation, series
from app.bookings.models import Booking
from app.bookings.schemas import (
    BookingList,
    BookingRequest,
    BookingSearch,
    BookingView,
    CancellationPreview,
    CancelRequest,
    HistoryView,
    RescheduleRequest,
    SeriesRequest,
    SeriesView,
)
from app.extensions import db
from app.http import rate_limits
from app.idempotency import idempotent

bookings = APIBlueprint("bookings", __name__, url_prefix="/booking")


@bookings.post("")
@rate_limits.by_account(rate_limits.BOOK)
@idempotent
@bookings.input(BookingRequest)
@bookings.output(BookingView, status_code=201)
@bookings.doc(responses=[404, 409])
@signed_in(Role.CLIENT)
def request_booking(json_data: BookingRequest) -> BookingView:
    """Book a session. The time is held for 15 minutes, and longer while you pay."""
    return BookingView.of(reservation.request(current_account(), json_data))


@bookings.post("/series")
@rate_limits.by_account(rate_limits.BOOK_SERIES)
@idempotent
@bookings.input(SeriesRequest)
@bookings.output(SeriesView, status_code=201)
@bookings.doc(responses=[404, 409])
@signed_in(Role.CLIENT)
def request_series(json_data: SeriesRequest) -> SeriesView:
    """Book a weekly series at the same local time: all sessions, or those that are free.

    The times are held until you pay for all of them."""
    held = series.request(current_account(), json_data)
    return SeriesView.of(held.series, held.bookings, held.left_out)


@bookings.get("/series/<uuid:series_id>")
@bookings.output(SeriesView)
@bookings.doc(responses=[404])
@signed_in()
def show_series(series_id: UUID) -> SeriesView:
    """Show a weekly series with the status of its sessions."""
    found = access.visible_series(current_account(), series_id)
    return SeriesView.of(found, found.bookings)


@bookings.get("")
@bookings.input(BookingSearch, location="query")
@bookings.output(BookingList)
@signed_in()
def list_bookings(query_data: BookingSearch) -> BookingList:
    """List your bookings, as client or as coach."""
    return queries.search(current_account(), query_data)


@bookings.get("/<uuid:booking_id>")
@bookings.output(BookingView)
@bookings.doc(responses=[404])
@signed_in()
def show_booking(booking_id: UUID) -> BookingView:
    """Show a booking to its client, its coach or an admin."""
    return BookingView.of(access.visible_booking(current_account(), booking_id))


@bookings.get("/<uuid:booking_id>/history")
@bookings.output(HistoryView)
@bookings.doc(responses=[404])
@signed_in()
def show_history(booking_id: UUID) -> HistoryView:
    """Who did what when."""
    return HistoryView.of(access.visible_booking(current_account(), booking_id))


@bookings.get("/<uuid:booking_id>/cancellation")
@bookings.output(CancellationPreview)
@bookings.doc(responses=[404, 409])
@signed_in()
def preview_cancellation(booking_id: UUID) -> CancellationPreview:
    """Preview the refund of a cancellation."""
    booking = access.visible_booking(current_account(), booking_id)
    return CancellationPreview.of(cancellation.preview(booking, access.party(current_account(), booking)))


@bookings.post("/<uuid:booking_id>/cancel")
@rate_limits.by_account(rate_limits.CANCEL)
@idempotent
@bookings.input(CancelRequest)
@bookings.output(BookingView)
@bookings.doc(responses=[404, 409])
@signed_in()
def cancel_booking(booking_id: UUID, json_data: CancelRequest) -> BookingView:
    """Cancel a booking. The refund follows the policy at booking time."""
    booking, party = access.changeable_booking(current_account(), booking_id)
    cancellation.cancel(booking, party, json_data.reason)
    return _changed(booking)


@bookings.post("/<uuid:booking_id>/reschedule")
@rate_limits.by_account(rate_limits.RESCHEDULE)
@idempotent
@bookings.input(RescheduleRequest)
@bookings.output(BookingView)
@bookings.doc(responses=[404, 409])
@signed_in()
def reschedule_booking(booking_id: UUID, json_data: RescheduleRequest) -> BookingView:
    """Move a booking to another free time. Length, price and payment stay the same."""
    booking, party = access.changeable_booking(current_account(), booking_id)
    reservation.reschedule(booking, party, json_data.session_datetime)
    return _changed(booking)


@bookings.post("/<uuid:booking_id>/complete")
@rate_limits.by_account(rate_limits.RECORD_OUTCOME)
@idempotent
@bookings.output(BookingView)
@bookings.doc(responses=[404, 409])
@signed_in(Role.COACH)
def complete_booking(booking_id: UUID) -> BookingView:
    """Record that the session took place."""
    booking = access.booking_of_coach(current_account(), booking_id)
    lifecycle.complete(booking)
    return _changed(booking)


@bookings.post("/<uuid:booking_id>/no-show")
@rate_limits.by_account(rate_limits.RECORD_OUTCOME)
@idempotent
@bookings.output(BookingView)
@bookings.doc(responses=[404, 409])
@signed_in(Role.COACH)
def mark_no_show(booking_id: UUID) -> BookingView:
    """Record that the client did not come."""
    booking = access.booking_of_coach(current_account(), booking_id)
    lifecycle.mark_no_show(booking)
    return _changed(booking)


@bookings.get("/<uuid:booking_id>/calendar.ics")
@bookings.doc(responses=[404])
@signed_in()
def show_calendar(booking_id: UUID) -> Response:
    """Get the session as an iCalendar file."""
    booking = access.visible_booking(current_account(), booking_id)
    return Response(calendar.current(booking), content_type="text/calendar; charset=utf-8")


def _changed(booking: Booking) -> BookingView:
    db.session.flush()  # sets updated_at
    return BookingView.of(booking)
