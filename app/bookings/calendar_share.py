"""The share of a coach's week that new clients may hold unpaid: together, and from one network.

Counted in time, by calendar weeks, so that a part of every week stays free.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any

from sqlalchemy import Row, Text, bindparam, text

from app.bookings.status import AGREED
from app.coaches import slots
from app.coaches.models import Coach
from app.config.settings import current_settings
from app.extensions import db
from app.http.problems import Problem

WEEK = timedelta(days=7)


class CalendarHeld(Problem):
    status, slug, title = 409, "calendar-held", "Enough of this week is held unpaid"
    meaning = (
        "Of the coach's free time in this week, new clients already hold the largest unpaid share: all those"
        " with an unverified e-mail address, those in your network who never paid, or all who never paid."
    )
    remedy = (
        "Verify your e-mail address (`POST /auth/verify/resend` sends the mail again), or choose another"
        " week. Retry-After says when the first of these holds expires."
    )


# Whether a hold still runs is a column: in WHERE the planner would scan all running holds.
_BY_STRANGERS = text("""
SELECT lower(hold.period) AS start, upper(hold.busy) - lower(hold.busy) AS length,
    hold.hold_expires_at AS until, client.email_verified_at IS NULL AS is_unverified, unpaid_hold.network
FROM booking hold JOIN account client ON client.id = hold.client_id
LEFT JOIN unpaid_hold ON unpaid_hold.id = coalesce(hold.series_id, hold.id)
WHERE hold.coach_id = :coach_id AND hold.status = 'pending' AND NOT EXISTS (
    SELECT FROM booking paid
    WHERE paid.client_id = hold.client_id AND paid.status IN :agreed
)
""").bindparams(bindparam("agreed", type_=Text, expanding=True, literal_execute=True))


def check(
    coach: Coach,
    starts: Sequence[datetime],
    minutes: int,
    at: datetime,
    *,
    unverified: bool,
    network: str | None,
) -> None:
    """Check whether a client who never paid may hold sessions at these starts, given in order.

    The first hold of a week is always allowed, so that a new client can book a coach with one free time. The
    coach is locked, so concurrent requests see each other. Raises CalendarHeld.
    """
    found = db.session.execute(_BY_STRANGERS, {"coach_id": coach.id, "agreed": list(AGREED)}).all()
    running = [row for row in found if row.until and row.until > at]
    for week, wanted in groupby(starts, _week_of):
        of_week = [row for row in running if _week_of(row.start) == week]
        asked = _length(coach, minutes) * len(list(wanted))
        for who, percent, held in _groups(of_week, unverified, network):
            if held and _time(held) + asked > _room(coach, minutes, week, of_week, at) * percent / 100:
                seconds = ceil((min(row.until for row in held) - at).total_seconds())
                raise CalendarHeld(
                    f"Of {coach.name}'s free time in the week of {week:%Y-%m-%d}, {who} hold as much as they"
                    " may.",
                    {"Retry-After": str(seconds)},
                )


def _groups(
    held: Sequence[Row[Any]], unverified: bool, network: str | None
) -> Iterator[tuple[str, int, Sequence[Row[Any]]]]:
    """The holds that share the client's limits: whose they are, their share in percent, and which."""
    settings = current_settings()
    percent = settings.hold_share_percent
    if unverified:
        yield "people with an unverified e-mail address", percent, [row for row in held if row.is_unverified]
    if network is not None:
        of_network = [row for row in held if row.network == network]
        yield "people of your network who never paid", percent, of_network
    yield "people who never paid", max(percent, settings.new_clients_hold_share_percent), held


def _time(held: Sequence[Row[Any]]) -> timedelta:
    return sum((row.length for row in held), timedelta())


def _room(coach: Coach, minutes: int, week: datetime, held: Sequence[Row[Any]], at: datetime) -> timedelta:
    """The time that would be free without unpaid holds."""
    return _time(held) + _free_time(coach, minutes, week, at)


def _week_of(start: datetime) -> datetime:
    """Its Monday, UTC."""
    day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _free_time(coach: Coach, minutes: int, week: datetime, at: datetime) -> timedelta:
    """The total time of sessions of this length that still fit into the week."""
    each, zone = _length(coach, minutes), coach.zone_at(week)
    starts, ends = [], week
    for start in slots.free_starts(coach, minutes, week, week + WEEK, at):
        if start >= ends:
            starts.append(start)
            ends = start + each
    most = coach.max_per_day or len(starts)
    by_day = groupby(starts, lambda start: start.astimezone(zone).date())
    return each * sum(min(most, len(list(of_day))) for _, of_day in by_day)


def _length(coach: Coach, minutes: int) -> timedelta:
    """The length of a session with its buffers."""
    return timedelta(minutes=coach.buffer_before_minutes + minutes + coach.buffer_after_minutes)
