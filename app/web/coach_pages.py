"""The page of a coach, and its calendar for the coach's own site."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, redirect, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from app.bookings.policy import Policy
from app.bookings.policy_words import sentences
from app.coaches import slugs
from app.coaches.models import Coach
from app.coaches.schemas import Minutes
from app.config.settings import current_settings
from app.extensions import now
from app.http import rate_limits
from app.http.access_rule import public
from app.http.pages import Pages
from app.http.schema_types import Body, Day, Month, TimeZone
from app.money.money import Money
from app.web import assets, book, free_times, headers, structured_data, visitor_zone
from app.web.forms import Form
from app.web.visitor_zone import VisitorZone

coach_pages = Pages("coach_pages", __name__, template_folder="templates")


class TimesQuery(Body):
    """What a visitor wants to see of a coach's calendar."""

    minutes: Minutes | None = None
    month: Month | None = None
    day: Day | None = None
    zone: TimeZone | None = None


@dataclass(frozen=True)
class Calendar:
    """A coach's calendar as a page shows it, with the links to its other views."""

    coach: Coach
    query: TimesQuery
    endpoint: str
    minutes: int
    price: Money
    zone: VisitorZone
    month: free_times.Month

    @classmethod
    def of(cls, coach: Coach, query: TimesQuery, endpoint: str, zone: VisitorZone) -> "Calendar | None":
        """None if the coach offers no length at all."""
        prices = dict(coach.session_prices)
        if not prices:
            return None
        minutes = query.minutes if query.minutes in prices else next(iter(prices))
        month = free_times.of_coach(coach, minutes, zone.zone, query.month, query.day, now())
        return cls(coach, query, endpoint, minutes, prices[minutes], zone, month)

    def link(self, **changes: object) -> str:
        """The address of another view: another `day`, `month` or length. What was chosen stays."""
        kept = {"minutes": self.query.minutes, "zone": self.query.zone, **changes}
        return url_for(self.endpoint, coach_slug=self.coach.slug, **kept)  # type: ignore[arg-type]

    def book(self, start: datetime) -> str:
        """The address of the page that books a time."""
        return book.address(self.coach, start, self.minutes)

    @property
    def zone_options(self) -> str:
        return visitor_zone.options(self.zone.name)

    @property
    def utc_offset(self) -> str:
        """The zone's offset on the chosen day, or today: UTC+01:00."""
        at = self.month.times[0].start if self.month.times else now()
        return f"UTC{at.astimezone(self.zone.zone).isoformat()[-6:]}"


@coach_pages.get("/coach/<coach_slug>")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@public
def show(coach_slug: str) -> ResponseReturnValue:
    coach = slugs.find(coach_slug)
    if coach_slug != coach.slug:
        return _moved("coach_pages.show", coach)
    form, query = _query()
    zone = visitor_zone.of_visitor(query.zone, otherwise=coach.time_zone)
    page = make_response(
        form.page(
            "public/coach.html",
            coach=coach,
            calendar=Calendar.of(coach, query, "coach_pages.show", zone),
            policy=sentences(Policy.of(coach.cancellation_policy)),
            address=_address(coach),
            structured_data=structured_data.of_coach(coach, _address(coach)),
        )
    )
    if query.zone:
        visitor_zone.remember(page, query.zone)
    return page


@coach_pages.get("/embed/<coach_slug>")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@public
def embed(coach_slug: str) -> ResponseReturnValue:
    """The calendar in a frame of any site. It neither reads nor sets a cookie."""
    coach = slugs.find(coach_slug)
    if coach_slug != coach.slug:
        return _moved("coach_pages.embed", coach)
    form, query = _query()
    zone = visitor_zone.guessed(query.zone, otherwise=coach.time_zone)
    calendar = Calendar.of(coach, query, "coach_pages.embed", zone)
    page = make_response(form.page("public/embed.html", coach=coach, calendar=calendar))
    page.headers["Content-Security-Policy"] = headers.policy(frame_ancestors="*")
    return page


@coach_pages.get("/embed.js")
@public
def embed_script() -> Response:
    """The script with which a coach puts the calendar on another site."""
    return send_from_directory(assets.FOLDER, "embed.js", max_age=3600)


def _query() -> tuple[Form, TimesQuery]:
    """What was asked for. A wrong value is said on the page, which then shows what it shows without any."""
    form, query = Form.asked(TimesQuery), TimesQuery()
    with form.problems():
        query = form.read(TimesQuery)
    return form, query


def _moved(endpoint: str, coach: Coach) -> ResponseReturnValue:
    """Lead from a former name of the page to the present one."""
    query = request.query_string.decode("latin-1")
    return redirect(url_for(endpoint, coach_slug=coach.slug) + (f"?{query}" if query else ""), 301)


def _address(coach: Coach) -> str:
    return current_settings().public_url + url_for("coach_pages.show", coach_slug=coach.slug)
