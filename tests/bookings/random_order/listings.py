"""The lists of free times: by moments, by a date of the coach's clocks, by a date of a client's."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from tests.bookings.random_order.actions import HALF_HOUR, Actors
from tests.coaches.local_hours import DAY, instant, shown

LISTED = 30 * 60
"""How far the list of free times is looked at, in minutes."""
PROBED = 4 * 60


@dataclass(frozen=True)
class SlotQuery:
    """A span of the story, how it is asked for, and the zone of the answer."""

    since: int
    until: int
    query: dict[str, str]
    zone: str


def check_free_times(simulation: Actors) -> None:
    """None is lost, and none is listed that is not free; after each step with another coach and length."""
    simulation.list_checks += 1
    coach, minutes = simulation.list_checks % 2, (60, 30, 90)[simulation.list_checks % 3]
    asked = (_moments, _date_of_coach, _date_of_client)[simulation.list_checks // 2 % 3](simulation, coach)
    answer = _ask(simulation, coach, minutes, asked)
    if asked.since >= asked.until:
        assert answer.status_code == 422, answer.text  # the clocks have no such date
        return
    moments = [simulation.model.moment(at) for at in _free(simulation, coach, minutes, asked)]
    assert [(slot["start"], slot["local_start"][:16]) for slot in answer.json()["items"]] == [
        (f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{shown(at, asked.zone):%Y-%m-%dT%H:%M}") for at in moments
    ]
    assert [datetime.fromisoformat(slot["local_start"]) for slot in answer.json()["items"]] == moments


def _moments(simulation: Actors, coach: int, span: int = LISTED) -> SlotQuery:
    since, until = simulation.model.at, simulation.model.at + span
    query = {"from": simulation.world.at(since).isoformat(), "to": simulation.world.at(until).isoformat()}
    return SlotQuery(since, until, query, simulation.home_of(coach))


def _date_of_coach(simulation: Actors, coach: int) -> SlotQuery:
    """Today, or tomorrow, where the coach is on that date."""
    on = simulation.model.wall(coach, simulation.model.at).date() + simulation.list_checks % 4 // 2 * DAY
    begins, ends = simulation.model.hours[coach].day(on)
    query = {"from": str(on), "to": str(on)}
    return SlotQuery(
        simulation.model.minute(begins), simulation.model.minute(ends), query, simulation.home_of(coach)
    )


def _date_of_client(simulation: Actors, coach: int) -> SlotQuery:
    """Today and tomorrow by the clocks of a client."""
    zone = simulation.scene.clients[simulation.list_checks % 3]
    on = shown(simulation.model.moment(simulation.model.at), zone).date()
    since, until = (instant(datetime.combine(day, time()), zone) for day in (on, on + 2 * DAY))
    query = {"from": str(on), "to": str(on + DAY), "time_zone": zone}
    return SlotQuery(simulation.model.minute(since), simulation.model.minute(until), query, zone)


def _free(simulation: Actors, coach: int, minutes: int, asked: SlotQuery) -> list[int]:
    starts = simulation.model.starts(coach, asked.since, asked.until)
    return [at for at in starts if simulation.model.is_free(coach, at, minutes)]


def _ask(simulation: Actors, coach: int, minutes: int, asked: SlotQuery) -> Any:
    query = {**asked.query, "duration_minutes": str(minutes)}
    return simulation.world.http.get(f"/coach/{simulation.world.coaches[coach].id}/slot", params=query)


def check_what_can_be_booked(simulation: Actors) -> None:
    """Everything that is listed, and nothing else; each wish is undone at once."""
    for coach in range(len(simulation.world.coaches)):
        asked = _moments(simulation, coach, PROBED)
        first = simulation.model.at // HALF_HOUR * HALF_HOUR + HALF_HOUR
        wishes = {*range(first, asked.until, HALF_HOUR), *simulation.model.starts(coach, first, asked.until)}
        granted = [simulation.world.at(at) for at in sorted(wishes) if _is_granted(simulation, coach, at)]
        listed = _ask(simulation, coach, 60, asked).json()["items"]
        assert granted == [datetime.fromisoformat(slot["start"]) for slot in listed]


def _is_granted(simulation: Actors, coach: int, start: int) -> bool:
    savepoint = simulation.world.connection.begin_nested()
    answer = simulation.world.stranger.wish(simulation.world.coaches[coach], simulation.world.at(start))
    savepoint.rollback()
    assert answer.status_code in {201, 409, 422}, answer.text
    return answer.status_code == 201
