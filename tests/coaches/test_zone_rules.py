"""One set of time-zone rules: what is offered, shown, mailed and closed agrees in all zones at all times."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import httpx
import pytest
from sqlalchemy import text

from app import time_zones
from app.coaches import slots as free_times
from app.coaches.clocks import Clocks
from app.coaches.schedule import Rules, starts
from app.coaches.schemas import Slot
from app.extensions import db
from app.money.money import Money
from tests.clock import Clock
from tests.coaches.calendars import Calendar, every_day, stored
from tests.coaches.offered_slots import slots, works
from tests.people import PASSWORD, Person

HALF_AN_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
YEARS = range(2026, 2037)
ALL_ZONES = sorted(available_timezones() - {"Factory"})
ROUND_THE_CLOCK = {weekday: [(time(), time())] for weekday in range(1, 8)}
HERE = Path(__file__).parents[2]


@pytest.fixture
def in_november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.extensions.datetime", Clock(datetime(2026, 11, 29, 12, tzinfo=UTC)))


@pytest.mark.usefixtures("in_november")
@pytest.mark.parametrize(
    ("zone", "on", "utc"),
    [
        ("America/Winnipeg", date(2026, 12, 8), "14:00"),
        ("CET", date(2027, 7, 6), "07:00"),
        ("EET", date(2027, 7, 6), "06:00"),
        ("MET", date(2027, 7, 6), "07:00"),
        ("WET", date(2027, 7, 6), "08:00"),
        ("EST", date(2027, 7, 6), "14:00"),
        ("MST", date(2027, 7, 6), "16:00"),
        ("HST", date(2027, 7, 6), "19:00"),
        ("Asia/Kolkata", date(2027, 7, 6), "03:30"),
        ("Canada/Central", date(2026, 12, 8), "14:00"),
        ("Cuba", date(2027, 7, 6), "13:00"),
        ("EST5EDT", date(2027, 7, 6), "13:00"),
        ("PST8PDT", date(2027, 1, 12), "17:00"),
        ("Etc/GMT+5", date(2027, 7, 6), "14:00"),
        ("GMT0", date(2027, 7, 6), "09:00"),
    ],
)
def test_nine_o_clock_is_nine_wherever_it_is_read(http: httpx.Client, zone: str, on: date, utc: str) -> None:
    """Also where PostgreSQL's rules are others, or take the name for an abbreviation of a fixed offset."""
    coach = works(http, ("09:00", "12:00"), zone=zone)
    day = datetime.combine(on, time(), UTC), datetime.combine(on, time(), UTC) + DAY
    listed = [(slot["start"][11:16], slot["local_start"][11:16]) for slot in slots(coach, day)]
    assert listed[0] == (utc, "09:00")

    off = {"local_start": f"{on}T09:00", "local_end": f"{on}T10:00"}
    assert coach.post("/coach/me/time-off", json=off).status_code == 201

    left = [(slot["start"][11:16], slot["local_start"][11:16]) for slot in slots(coach, day)]
    assert left == [each for each in listed if each[1] >= "10:00"]


def distinct(names: list[str]) -> list[ZoneInfo]:
    """Of links, which share one file of rules, only one."""
    found = {files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes(): name for name in names}
    return [ZoneInfo(name) for name in found.values()]


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The minutes at which the clocks of a zone change within ten years, found by looking at them."""
    first = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    for early, late in pairwise(first + n * 5 * DAY for n in range(len(YEARS) * 73)):
        before = early.astimezone(zone).utcoffset()
        if late.astimezone(zone).utcoffset() != before:
            minutes = range(5 * 24 * 60)
            at = bisect_right(minutes, False, key=lambda n: _shifted(early, n, zone))
            yield early + at * timedelta(minutes=1)


def _shifted(early: datetime, minutes: int, zone: ZoneInfo) -> bool:
    at = early + minutes * timedelta(minutes=1)
    return at.astimezone(zone).utcoffset() != early.astimezone(zone).utcoffset()


@pytest.mark.timeout(400)
def test_all_zones_agree_with_themselves_at_all_changes_of_ten_years() -> None:
    """Offered start, local_start, the mail's hour and time off, half an hour for half an hour."""
    seen = 0
    for zone in distinct(ALL_ZONES):
        rules = Rules(Clocks(zone.key), ROUND_THE_CLOCK, {})
        for change in [*changes(zone), datetime(2030, 6, 15, tzinfo=UTC)]:
            check_around(zone, rules, change)
            seen += 1
    assert seen > 1000


def check_around(zone: ZoneInfo, rules: Rules, change: datetime) -> None:
    first, last = change - 2 * HOUR, change + 2 * HOUR
    openings = rules.openings(first.date() - 2 * DAY, last.date() + 2 * DAY)
    offered = starts(openings, HALF_AN_HOUR, [(first, last)])
    minutes = (first + n * timedelta(minutes=1) for n in range(240))
    walls = ((at, at.astimezone(zone)) for at in minutes)
    shown = {at: wall for at, wall in walls if wall.minute % 30 == 0}
    assert offered == list(shown), (zone, change)
    slots = Slot.json_values(list(shown), 30, zone, Money(6000, "EUR"))
    for (start, wall), slot in zip(shown.items(), slots, strict=True):
        assert datetime.fromisoformat(slot["local_start"]) == start
        assert slot["local_start"][:16] == f"{wall:%Y-%m-%dT%H:%M}"
        assert time_zones.span(start, start + HALF_AN_HOUR, zone)["hours"].startswith(f"{wall:%H:%M}")
        assert f"{wall:%H:%M} ({zone.key}, UTC{wall.isoformat()[-6:]})" in time_zones.moment(start, zone)
        local = wall.replace(tzinfo=None)
        leaves, returns = rules.clocks.away(local, local + HALF_AN_HOUR)
        closed = {at for at in shown if leaves <= at < returns}
        assert closed <= {at for at in shown if local <= shown[at].replace(tzinfo=None)}
        twice = [at for at in shown if shown[at].replace(tzinfo=None) == local]
        assert twice[-1] in closed, (zone, start)


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("app")
def test_every_zone_by_name_is_offered_at_nine_in_summer_and_in_winter() -> None:
    coach = stored(Calendar("UTC", every_day(("09:00", "10:00"))))
    for name in ALL_ZONES:
        coach.time_zone = name
        for month in (1, 7):
            middle = datetime(2027, month, 14, 12, tzinfo=UTC)
            found = free_times.free_starts(coach, 60, middle - 18 * HOUR, middle + 18 * HOUR, middle - DAY)
            shown = {f"{start.astimezone(ZoneInfo(name)):%H:%M}" for start in found}
            assert shown == {"09:00"}, name


@pytest.mark.parametrize(
    "name",
    ["posixrules", "Factory", "localtime", "CEST", "UTC+2", "europe/paris", "Mars/Olympus", "", " UTC"],
)
def test_a_zone_that_tzdata_does_not_know_is_pointed_at(http: httpx.Client, name: str) -> None:
    coach = Person.registered(http, "coach", "Europe/Paris").open_for_business()
    person = {"email": "a@example.com", "password": PASSWORD, "name": "A", "role": "coach"}
    stay = {"first_date": "2030-02-01", "last_date": "2030-02-14", "time_zone": name}
    span = {"from": "2027-01-01T00:00:00Z", "to": "2027-01-02T00:00:00Z", "duration_minutes": 60}

    answers = [
        http.post("/auth/register", json=person | {"time_zone": name}),
        coach.ask("PATCH", "/auth/me", json={"time_zone": name}),
        coach.ask("PATCH", "/coach/me", json={"time_zone": name}),
        coach.ask("PUT", "/coach/me/availability", json={"weekly": [], "stays": [stay]}),
        http.get(f"/coach/{coach.id}/slot", params=span | {"time_zone": name}),
    ]

    for answer in answers:
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert error["pointer"].rpartition("/")[2] == "time_zone"
        assert "IANA time zone such as Europe/Paris" in error["detail"]


def test_a_stored_zone_that_tzdata_knows_no_longer_breaks_nothing_and_offers_nothing(
    http: httpx.Client, client: Person, coach: Person
) -> None:
    """Nobody can say when it is nine there, and an hour that is guessed costs somebody an evening."""
    db.session.execute(text("UPDATE coach SET time_zone = 'Europe/Atlantis'"))
    db.session.execute(text("UPDATE account SET time_zone = 'Europe/Atlantis'"))
    db.session.commit()
    span = datetime.now(UTC), datetime.now(UTC) + 7 * DAY

    assert slots(coach, span) == []
    assert client.wish(coach, datetime.now(UTC) + 2 * DAY).status_code == 422
    assert coach.get("/coach/me").json()["time_zone"] == "Europe/Atlantis"
    assert coach.get("/coach/me/earnings").status_code == 200
    assert coach.ask("PATCH", "/coach/me", json={"time_zone": "Europe/Paris"}).status_code == 200
    assert slots(coach, span) != []


LOCAL_TIME_IN_SQL = re.compile(
    r"at\s+time\s+zone|\btimezone\s*\(|localtimestamp|current_(date|time\b)|date_trunc|::\s*(date|time\b|timestamp\b)"
    r"|extract\s*\(\s*(?!epoch)|func\.(timezone|date_trunc|extract|to_char|date|age)\b|\bto_char\s*\(|make_timestamptz"
    r"|clock_timestamp\(\)\s*::",
    re.IGNORECASE,
)
BEFORE_THE_RULE = 32
"""Migrations up to this one have run: what they converted is history."""


def test_no_statement_converts_local_time_by_the_database_s_rules() -> None:
    found = []
    migrations = (HERE / "migrations" / "versions").glob("*.py")
    modules = [*(HERE / "app").rglob("*.py"), *(HERE / "worker").rglob("*.py")]
    for file in [*modules, *(each for each in migrations if int(each.name[:4]) > BEFORE_THE_RULE)]:
        lines = file.read_text().splitlines()
        found += [f"{file.name}: {line.strip()}" for line in lines if LOCAL_TIME_IN_SQL.search(line)]

    assert found == []


def test_one_module_alone_makes_zones() -> None:
    """Whoever imports it has the pinned rules; a ZoneInfo made elsewhere might be the machine's."""
    makes = re.compile(r"ZoneInfo\(|\.replace\(\s*tzinfo=(?!UTC)|\btz\.gettz|pytz")
    modules = [*(HERE / "app").rglob("*.py"), *(HERE / "worker").rglob("*.py")]

    assert {file.name for file in modules if makes.search(file.read_text())} == {"time_zones.py"}
