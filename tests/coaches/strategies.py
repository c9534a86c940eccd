"""Calendars drawn by hypothesis, around the nights in which clocks change."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from app.bookings.status import Status
from tests.coaches.calendars import Booked, Calendar, Hours

NIGHTS = {
    "Europe/Paris": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2027, 3, 14), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 10, 4), date(2027, 4, 4)],
    "Asia/Kathmandu": [date(2028, 2, 29)],
    "Pacific/Apia": [date(2011, 12, 30)],
    "America/Nuuk": [date(2026, 3, 28), date(2026, 10, 24)],
    "Atlantic/Azores": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "Antarctica/Troll": [date(2027, 3, 28), date(2027, 10, 31)],
    "Africa/Cairo": [date(2027, 4, 30), date(2027, 10, 29)],
}
"""By name what is odd: half an hour, two hours, a day, at midnight, midnight twice."""
EVERY_ZONE = sorted(available_timezones() - {"Factory"})
ZONES = [*NIGHTS, "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC", "CET", "EST"]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A question for free times, and the calendar that it is asked of."""

    calendar: Calendar
    minutes: int
    since: datetime
    until: datetime
    at: datetime


def changes(zone: str, year: int) -> list[date]:
    """The dates of a year on which the clocks of a zone change."""
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + n * DAY for n in range(365)]
    offsets = {noon: noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons}
    return [noon.date() for noon in noons[1:] if offsets[noon] != offsets[noon - DAY]]


@st.composite
def zones_and_nights(draw: st.DrawFn) -> tuple[str, date]:
    """One of the odd nights, or any change of any zone, or any night of it."""
    if draw(st.booleans()):
        zone = draw(st.sampled_from(list(NIGHTS)))
        return zone, draw(st.sampled_from(NIGHTS[zone]))
    zone, year = draw(st.sampled_from(EVERY_ZONE)), draw(st.integers(2001, 2045))
    return zone, draw(st.sampled_from(changes(zone, year) or [date(year, 6, 30)]))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone, night = draw(zones_and_nights())
    middle = datetime.combine(night, time(), UTC)
    since = (
        middle + draw(st.integers(-48, 24)) * timedelta(hours=1) + draw(st.sampled_from([0, 1, 15])) * MINUTE
    )
    at = since - draw(st.sampled_from([5, 5, 600, 3000])) * MINUTE
    before, after = draw(st.sampled_from([0, 5, 45])), draw(st.sampled_from([0, 10, 120]))
    calendar = Calendar(
        zone=zone,
        weekly=draw(st.one_of(_week(), st.lists(st.tuples(st.integers(1, 7), _hours()), max_size=12))),
        overrides=draw(st.dictionaries(_dates(night), st.lists(_hours(), max_size=2), max_size=3)),
        stays=draw(_stays(night)),
        time_off=draw(st.lists(_time_off(night), max_size=2)),
        bookings=draw(_bookings(middle, at, before, after)),
        step=draw(st.sampled_from([15, 30, 45, 50, 60, 120, 240])),
        before=before,
        after=after,
        notice=draw(st.sampled_from([0, 0, 0, 61, 1440])),
        horizon_days=draw(st.sampled_from([60, 60, 1, 3])),
        max_per_day=draw(st.sampled_from([None, 1, 2])),
    )
    minutes = draw(st.sampled_from([15, 30, 30, 60, 90, 480]))
    return Case(calendar, minutes, since, since + draw(st.integers(1, 72)) * timedelta(hours=1), at)


def _hours() -> st.SearchStrategy[Hours]:
    minute = st.sampled_from([0, 0, 15, 30, 59])
    at = st.builds(time, st.integers(0, 23), minute)
    at_night = st.builds(time, st.sampled_from([23, 0, 1, 2, 3]), minute)
    return st.one_of(st.tuples(at, at), st.tuples(at_night, at_night))


def _week() -> st.SearchStrategy[list[tuple[int, Hours]]]:
    """The same hours on every day."""
    days = st.lists(_hours(), min_size=1, max_size=3)
    return days.map(lambda hours: [(day, each) for day in range(1, 8) for each in hours])


def _dates(night: date) -> st.SearchStrategy[date]:
    return st.integers(-3, 3).map(lambda days: night + days * DAY)


@st.composite
def _stays(draw: st.DrawFn, night: date) -> list[tuple[date, date, str]]:
    zones = st.sampled_from(ZONES) | st.sampled_from(EVERY_ZONE)
    stays = draw(st.lists(st.tuples(_dates(night), st.integers(0, 3), zones), max_size=2))
    if len(stays) == 2 and not (
        stays[0][0] + stays[0][1] * DAY < stays[1][0] or stays[1][0] + stays[1][1] * DAY < stays[0][0]
    ):
        stays.pop()
    return [(first, first + days * DAY, zone) for first, days, zone in stays]


@st.composite
def _time_off(draw: st.DrawFn, night: date) -> tuple[datetime, datetime]:
    quarters = draw(st.one_of(st.just(0), st.integers(0, 95)))
    start = datetime.combine(draw(_dates(night)), time()) + quarters * 15 * MINUTE
    length = draw(st.sampled_from([45, 60, 180, 300, 600, 1440, 2880, 4320]))
    return start, start + length * MINUTE


@st.composite
def _bookings(draw: st.DrawFn, middle: datetime, at: datetime, before: int, after: int) -> list[Booked]:
    """Such as the constraints allow: none that is pending or confirmed overlaps another."""
    wishes = draw(
        st.lists(
            st.tuples(
                st.integers(-36 * 4, 60 * 4),
                st.sampled_from([30, 60, 90]),
                st.sampled_from([Status.CONFIRMED, Status.CONFIRMED, *Status]),
                st.sampled_from([at - MINUTE, at, at + 15 * MINUTE]),
            ),
            max_size=10,
        )
    )
    bookings: list[Booked] = []
    for quarters, minutes, status, held_until in wishes:
        start = middle + quarters * 15 * MINUTE
        wish = Booked(start, minutes, status, held_until if status is Status.PENDING else None)
        if not any(_clash(wish, other, before + after) for other in bookings):
            bookings.append(wish)
    return bookings


def _clash(one: Booked, other: Booked, buffers: int) -> bool:
    alive = {one.status, other.status} <= {Status.PENDING, Status.CONFIRMED}
    first, second = sorted((one, other), key=lambda booked: booked.start)
    return alive and second.start < first.start + (first.minutes + buffers) * MINUTE
