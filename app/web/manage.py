"""The pages behind the link of a mail: one session, without signing in.

Opening a page changes nothing, as mail scanners open links. No page passes its address on.
"""

from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue

from app.accounts import guests
from app.accounts.access import current_sign_in_id, optional_account
from app.accounts.guests import OwnName
from app.bookings import cancellation, manage_links, reservation
from app.bookings.models import Booking, Party
from app.bookings.schemas import CancelRequest, RescheduleRequest
from app.http import rate_limits
from app.http.access_rule import public
from app.http.pages import Pages
from app.observability import context
from app.web import session_pages
from app.web.forms import Form
from app.web.notices import redirect_with
from app.web.session_pages import Door

manage = Pages("manage", __name__, url_prefix="/manage/<token>", template_folder="templates")


@manage.after_request
def keep_secret(response: Response) -> Response:
    """Neither other sites nor search engines nor caches get the address."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response


@manage.get("")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@public
def show(token: str) -> ResponseReturnValue:
    return _page(token, Form.of({"name": manage_links.find(token).client.name}))


@manage.get("/session.ics")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@public
def calendar(token: str) -> ResponseReturnValue:
    return session_pages.calendar_file(manage_links.find(token))


@manage.get("/cancel")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@public
def ask_to_cancel(token: str) -> ResponseReturnValue:
    return session_pages.cancel(_door(token))


@manage.post("/cancel")
@rate_limits.by_address(rate_limits.CANCEL)
@public
def cancel(token: str) -> ResponseReturnValue:
    form = Form.sent()
    with form.problems():
        wish = form.read(CancelRequest)
        cancellation.cancel(_locked(token), Party.CLIENT, wish.reason)
        return redirect_with("The session is cancelled.", _door(token).url("show"))
    return session_pages.cancel(_door(token), form)


@manage.get("/move")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@public
def choose_time(token: str) -> ResponseReturnValue:
    return session_pages.move(_door(token))


@manage.post("/move")
@rate_limits.by_address(rate_limits.RESCHEDULE)
@public
def move(token: str) -> ResponseReturnValue:
    form = Form.sent()
    with form.problems():
        wish = form.read(RescheduleRequest)
        reservation.reschedule(_locked(token), Party.CLIENT, wish.session_datetime)
        return redirect_with("The session has a new time.", _door(token).url("show"))
    return session_pages.move(_door(token), form)


@manage.post("/proof")
@rate_limits.by_address(rate_limits.VERIFY_ADDRESS)
@public
def prove_address(token: str) -> ResponseReturnValue:
    """Verify the address of the client, to which only its mailbox got the link."""
    form = Form.sent()
    with form.problems():
        wish, client = form.read(OwnName), manage_links.find(token).client
        context.actor.set(f"account:{client.id}")
        guests.prove_address(client, wish, _sign_in_of(client.id))
        return redirect_with("Your address is confirmed.", _door(token).url("show"))
    return _page(token, form)


@manage.post("/revocation")
@rate_limits.by_address(rate_limits.CANCEL)
@public
def revoke(token: str) -> ResponseReturnValue:
    """End this link and all others to the session."""
    manage_links.revoke(_locked(token))
    return redirect_with("The links to this session no longer work.", "/")


def _page(token: str, form: Form) -> ResponseReturnValue:
    return session_pages.session(_door(token), form, template="managed")


def _door(token: str) -> Door:
    return Door(manage_links.find(token), manage.name, {"token": token})


def _locked(token: str) -> Booking:
    """The booking, locked; what follows is done by its client."""
    booking = manage_links.locked(token)
    context.actor.set(f"account:{booking.client_id}")
    return booking


def _sign_in_of(account_id: UUID) -> UUID | None:
    """This browser's sign-in, if it is the account's."""
    visitor = optional_account()
    return current_sign_in_id() if visitor and visitor.id == account_id else None
