"""A client's pages of one session: its state, its payment, and its changes."""

from uuid import UUID

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from app.accounts.access import current_account, signed_in
from app.accounts.models import Role
from app.bookings import access, cancellation, reservation
from app.bookings.schemas import CancelRequest, RescheduleRequest
from app.config.settings import current_settings
from app.http import rate_limits
from app.http.pages import Pages
from app.payments.checkout import sessions
from app.payments.checkout.schemas import CheckoutRequest
from app.web import session_pages
from app.web.forms import Form
from app.web.notices import redirect_with
from app.web.session_pages import Door

own_session = Pages(
    "own_session", __name__, url_prefix="/my/booking/<uuid:booking_id>", template_folder="templates"
)


@own_session.get("")
@signed_in(Role.CLIENT)
def show(booking_id: UUID) -> ResponseReturnValue:
    return session_pages.session(_door(booking_id))


@own_session.get("/paid")
@signed_in(Role.CLIENT)
def returned(booking_id: UUID) -> ResponseReturnValue:
    """Where Stripe's page leads after a payment. Only our books say whether it is paid."""
    return session_pages.session(_door(booking_id), returned=True)


@own_session.get("/status.json")
@signed_in(Role.CLIENT)
def status(booking_id: UUID) -> ResponseReturnValue:
    return session_pages.status(_door(booking_id).booking)


@own_session.get("/session.ics")
@signed_in(Role.CLIENT)
def calendar(booking_id: UUID) -> ResponseReturnValue:
    return session_pages.calendar_file(_door(booking_id).booking)


@own_session.post("/pay")
@rate_limits.by_account(rate_limits.CHECKOUT)
@signed_in(Role.CLIENT)
def pay(booking_id: UUID) -> ResponseReturnValue:
    """Open Stripe's page by a page of ours: `form-action 'self'` refuses a redirect to it."""
    door, form = _door(booking_id), Form.sent()
    with form.problems():
        payment, _ = sessions.open_session(door.client, _order(door))
        answer = Response(render_template("booking/to_payment.html", url=payment.session_url))
        answer.headers["Refresh"] = f"0;url={payment.session_url}"
        return answer
    return session_pages.session(_door(booking_id), form)


@own_session.get("/cancel")
@signed_in(Role.CLIENT)
def ask_to_cancel(booking_id: UUID) -> ResponseReturnValue:
    return session_pages.cancel(_door(booking_id))


@own_session.post("/cancel")
@rate_limits.by_account(rate_limits.CANCEL)
@signed_in(Role.CLIENT)
def cancel(booking_id: UUID) -> ResponseReturnValue:
    form = Form.sent()
    with form.problems():
        wish = form.read(CancelRequest)
        booking, party = access.changeable_booking(current_account(), booking_id)
        cancellation.cancel(booking, party, wish.reason)
        return redirect_with("The session is cancelled.", _door(booking_id).url("show"))
    return session_pages.cancel(_door(booking_id), form)


@own_session.get("/move")
@signed_in(Role.CLIENT)
def choose_time(booking_id: UUID) -> ResponseReturnValue:
    return session_pages.move(_door(booking_id))


@own_session.post("/move")
@rate_limits.by_account(rate_limits.RESCHEDULE)
@signed_in(Role.CLIENT)
def move(booking_id: UUID) -> ResponseReturnValue:
    form = Form.sent()
    with form.problems():
        wish = form.read(RescheduleRequest)
        booking, party = access.changeable_booking(current_account(), booking_id)
        reservation.reschedule(booking, party, wish.session_datetime)
        return redirect_with("The session has a new time.", _door(booking_id).url("show"))
    return session_pages.move(_door(booking_id), form)


def _door(booking_id: UUID) -> Door:
    booking = access.visible_booking(current_account(), booking_id)
    return Door(booking, own_session.name, {"booking_id": booking.id}, can_pay=True)


def _order(door: Door) -> CheckoutRequest:
    booking, base = door.booking, current_settings().public_url
    return CheckoutRequest(
        booking_id=None if booking.series_id else booking.id,
        series_id=booking.series_id,
        success_url=base + door.url("returned"),
        cancel_url=base + door.url("show"),
    )
