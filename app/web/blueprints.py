"""The rooms of the pages. A new room is added here."""

from app.http.pages import Pages
from app.web import headers, notices, refusals
from app.web.assets import assets
from app.web.book import book
from app.web.coach_pages import coach_pages
from app.web.directory import directory
from app.web.discovery import discovery
from app.web.manage import manage
from app.web.own_session import own_session
from app.web.sign_in import sign_in


def _complete(*rooms: Pages) -> tuple[Pages, ...]:
    """The rooms with what all pages share: headers, notices and refusals."""
    for room in rooms:
        room.after_request(headers.harden)
        room.after_request(notices.remove_shown)
        room.register_error_handler(Exception, refusals.refuse)
        room.register_error_handler(404, refusals.refuse)
    return rooms


ROOMS = _complete(assets, book, coach_pages, directory, discovery, manage, own_session, sign_in)
