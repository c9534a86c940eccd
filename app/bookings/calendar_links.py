"""Links that add a session to a calendar on the web."""

from datetime import UTC
from urllib.parse import urlencode

from app.bookings.models import Booking
from app.unicode_text import without_bidi_controls


def google(booking: Booking) -> str:
    dates = "/".join(f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (booking.start, booking.end))
    query = {"action": "TEMPLATE", "text": _title(booking), "dates": dates, "location": _place(booking)}
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


def outlook(booking: Booking) -> str:
    query = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": _title(booking),
        "startdt": booking.start.astimezone(UTC).isoformat(),
        "enddt": booking.end.astimezone(UTC).isoformat(),
        "location": _place(booking),
    }
    return f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(query)}"


def _title(booking: Booking) -> str:
    return f"Coaching with {without_bidi_controls(booking.coach.name)}"


def _place(booking: Booking) -> str:
    return booking.video_url or ""
