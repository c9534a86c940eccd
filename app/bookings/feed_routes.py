from typing import Annotated
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field

from app.accounts.access import current_account, current_sign_in_id, signed_in
from app.bookings import feeds
from app.http import rate_limits
from app.http.access_rule import public
from app.http.schema_types import Body, View
from app.idempotency import idempotent_with_secret

feed = APIBlueprint("feed", __name__)


class FeedToken(Body):
    token: Annotated[str, Field(max_length=100)]


class FeedView(View):
    url: str
    """The URL to subscribe to in a calendar program. Shown only once."""


@feed.post("/booking/feed")
@rate_limits.by_account(rate_limits.CALENDAR_FEED)
@idempotent_with_secret
@feed.output(FeedView, status_code=201)
@signed_in()
def renew_feed() -> FeedView:
    """Get the URL of your calendar feed. An earlier URL stops working."""
    return FeedView(url=feeds.renewed(current_account(), current_sign_in_id()))


@feed.delete("/booking/feed")
@rate_limits.by_account(rate_limits.CALENDAR_FEED)
@feed.output({}, status_code=204)
@signed_in()
def revoke_feed() -> str:
    """Close your calendar feed."""
    feeds.revoke(current_account())
    return ""


@feed.get("/booking/feed.ics")
@feed.input(FeedToken, location="query")
@feed.doc(responses=[404])
@public
def show_feed(query_data: FeedToken) -> Response:
    """The bookings of the token's owner as iCalendar, with an ETag."""
    return _answer(feeds.behind(query_data.token))


@feed.get("/coach/<uuid:coach_id>/calendar.ics")
@feed.input(FeedToken, location="query")
@feed.doc(responses=[404])
@public
def show_coach_feed(coach_id: UUID, query_data: FeedToken) -> Response:
    """The coach's bookings as iCalendar, with an ETag."""
    return _answer(feeds.behind(query_data.token, coach_id))


def _answer(calendar: str) -> Response:
    answer = Response(calendar, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"  # calendar programs store the ETag
    answer.add_etag()
    answer.make_conditional(request)
    return answer
