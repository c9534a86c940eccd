"""People who come to hold times, each from an address that a test names, and coaches with little time."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.people import WEEKDAYS, Person, next_week
from tests.shop import prove

MONDAY = next_week(9) + timedelta(days=7 - next_week().weekday())
"""One that lies one to two weeks ahead."""


def comes_from(http: httpx.Client, address: str) -> None:
    """What is asked from now on comes from there."""
    http._transport.remote_addr = address  # type: ignore[attr-defined]


def newcomer(http: httpx.Client, address: str, *, proven: bool = False) -> Person:
    person = Person.registered(http, "client")
    if proven:
        prove(person)
    comes_from(http, address)
    return person


def hour(of_day: int, week: int = 0) -> datetime:
    """Each is one that a coach of eight hours has, counted from nine."""
    return MONDAY + timedelta(weeks=week, hours=of_day)


def eight_hours_a_week(http: httpx.Client, **profile: Any) -> Person:
    """A coach who is there on Mondays from nine to five, UTC."""
    coach = Person.registered(http, "coach", "UTC").open_for_business(**profile)
    weekly = [{"weekday": WEEKDAYS[0], "start_time": "09:00", "end_time": "17:00"}]
    answer = coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly})
    assert answer.status_code == 200, answer.text
    return coach


def outcome(answer: httpx.Response) -> str:
    """What came of a wish, in a word."""
    return "held" if answer.status_code == 201 else str(answer.json()["type"]).removeprefix("/problems/")


def cancels(person: Person, booking: dict[str, Any]) -> None:
    assert person.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
