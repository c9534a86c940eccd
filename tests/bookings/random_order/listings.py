"""The lists of free times: by moments, by a date of the coach's clocks, by a date of a client's."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from tests.bookings.random_order.actions import HALF_HOUR, Players
from tests.coaches.local_hours import DAY, instant, shown

LISTED = 30 * 60
"""How far the list of free times is looked at, in minutes."""
PROBED = 4 * 60


@dataclass(frozen=True)
class Asked:
    """A span of the story, how it is asked for, and the zone of the answer."""

    since: int
    until: int
    query: dict[str, str]
    zone: str


def check_free_times(play: Players) -> None:
    """None is lost, and none is listed that is not free; after each step with another coach and length."""
    play.looks += 1
    coach, minutes = play.looks % 2, (60, 30, 90)[play.looks % 3]
    asked = (_moments, _date_of_coach, _date_of_client)[play.looks // 2 % 3](play, coach)
    answer = _ask(play, coach, minutes, asked)
    if asked.since >= asked.until:
        assert answer.status_code == 422, answer.text  # the clocks have no such date
        return
    moments = [play.till.moment(at) for at in _free(play, coach, minutes, asked)]
    assert [(slot["start"], slot["local_start"][:16]) for slot in answer.json()["items"]] == [
        (f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{shown(at, asked.zone):%Y-%m-%dT%H:%M}") for at in moments
    ]
    assert [datetime.fromisoformat(slot["local_start"]) for slot in answer.json()["items"]] == moments


def _moments(play: Players, coach: int, span: int = LISTED) -> Asked:
    since, until = play.till.at, play.till.at + span
    query = {"from": play.world.at(since).isoformat(), "to": play.world.at(until).isoformat()}
    return Asked(since, until, query, play.home_of(coach))


def _date_of_coach(play: Players, coach: int) -> Asked:
    """Today, or tomorrow, where the coach is on that date."""
    on = play.till.wall(coach, play.till.at).date() + play.looks % 4 // 2 * DAY
    begins, ends = play.till.hours[coach].day(on)
    query = {"from": str(on), "to": str(on)}
    return Asked(play.till.minute(begins), play.till.minute(ends), query, play.home_of(coach))


def _date_of_client(play: Players, coach: int) -> Asked:
    """Today and tomorrow by the clocks of a client."""
    zone = play.scene.clients[play.looks % 3]
    on = shown(play.till.moment(play.till.at), zone).date()
    since, until = (instant(datetime.combine(day, time()), zone) for day in (on, on + 2 * DAY))
    query = {"from": str(on), "to": str(on + DAY), "time_zone": zone}
    return Asked(play.till.minute(since), play.till.minute(until), query, zone)


def _free(play: Players, coach: int, minutes: int, asked: Asked) -> list[int]:
    starts = play.till.starts(coach, asked.since, asked.until)
    return [at for at in starts if play.till.is_free(coach, at, minutes)]


def _ask(play: Players, coach: int, minutes: int, asked: Asked) -> Any:
    query = {**asked.query, "duration_minutes": str(minutes)}
    return play.world.http.get(f"/coach/{play.world.coaches[coach].id}/slot", params=query)


def check_what_can_be_booked(play: Players) -> None:
    """Everything that is listed, and nothing else; each wish is undone at once."""
    for coach in range(len(play.world.coaches)):
        asked = _moments(play, coach, PROBED)
        first = play.till.at // HALF_HOUR * HALF_HOUR + HALF_HOUR
        wishes = {*range(first, asked.until, HALF_HOUR), *play.till.starts(coach, first, asked.until)}
        granted = [play.world.at(at) for at in sorted(wishes) if _is_granted(play, coach, at)]
        listed = _ask(play, coach, 60, asked).json()["items"]
        assert granted == [datetime.fromisoformat(slot["start"]) for slot in listed]


def _is_granted(play: Players, coach: int, start: int) -> bool:
    savepoint = play.world.connection.begin_nested()
    answer = play.world.stranger.wish(play.world.coaches[coach], play.world.at(start))
    savepoint.rollback()
    assert answer.status_code in {201, 409, 422}, answer.text
    return answer.status_code == 201
