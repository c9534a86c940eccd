"""Whoever holds a coach's calendar without paying, by many accounts at once, leaves most of it to others."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import product

import httpx
import pytest
from sqlalchemy import text

from tests.people import WEEKDAYS, Person, next_week, patiently
from tests.rate_limited_web import LimitedWeb
from tests.stack import Stack

MONDAY = next_week(9) + timedelta(days=7 - next_week().weekday())
HOURS = [timedelta(days=day, hours=hour) for day, hour in product(range(5), range(8))]
"""Of a week in which the coach works: forty, of which strangers hold ten at most."""


@pytest.fixture
def coach(stack: Stack) -> Person:
    """From nine to five on each day from Monday to Friday."""
    person = Person.registered(stack.http, "coach", "UTC").open_for_business()
    days = [{"weekday": day, "start_time": "09:00", "end_time": "17:00"} for day in WEEKDAYS[:5]]
    person.ask("PUT", "/coach/me/availability", json={"weekly": days}).raise_for_status()
    return person


@pytest.fixture
def stranger(limited: LimitedWeb) -> Iterator[Callable[[int], Person]]:
    """Makes somebody who asks from an address of their own."""
    with ExitStack() as open_clients:

        def made(n: int) -> Person:
            client = open_clients.enter_context(limited.asking_from(f"198.51.100.{n}"))
            return Person.registered(client, "client")

        yield made


@pytest.fixture
def strangers(stranger: Callable[[int], Person]) -> list[Person]:
    return [stranger(n) for n in range(14)]


def prove(stack: Stack, people: list[Person]) -> None:
    with stack.database.begin() as connection:
        ids = {"ids": [person.id for person in people]}
        connection.execute(
            text("UPDATE account SET email_verified_at = now() WHERE id = ANY(:ids ::uuid[])"), ids
        )


def free_starts(stack: Stack, coach: Person) -> int:
    begin = datetime.now(UTC) + timedelta(minutes=5)
    span = {"from": begin.isoformat(), "to": (begin + timedelta(days=61)).isoformat()}
    query = {**span, "duration_minutes": 60}
    return len(stack.http.get(f"/coach/{coach.id}/slot", params=query).json()["items"])


def kinds(answers: list[httpx.Response]) -> Counter[str]:
    """How often which: held, or the kind of refusal."""
    return Counter(
        "held" if answer.status_code == 201 else answer.json()["type"].removeprefix("/problems/")
        for answer in answers
    )


def test_fourteen_accounts_and_their_series_leave_most_of_a_calendar(
    stack: Stack, coach: Person, strangers: list[Person]
) -> None:
    before = free_starts(stack, coach)
    wishes = [(strangers[n % 14], MONDAY - timedelta(weeks=1) + hour) for n, hour in enumerate(HOURS)]

    def want(wish: tuple[Person, datetime], sessions: int) -> httpx.Response:
        return patiently(lambda: wish[0].wish_series(coach, wish[1], sessions, skip_taken=True))

    with ThreadPoolExecutor(14) as pool:
        whole = list(pool.map(lambda wish: want(wish, 8), wishes))
        short = list(pool.map(lambda wish: want(wish, 5), wishes))

    assert kinds(whole) == {"too-many-holds": len(wishes)}
    assert 0 < kinds(short)["held"] <= 14
    assert before > 500
    assert free_starts(stack, coach) > before / 2
    outsider = Person.registered(stack.http, "client")
    assert outsider.wish(coach, MONDAY + timedelta(weeks=6)).status_code == 201


@pytest.mark.parametrize("network", ["each their own", "one and proven"])
def test_of_many_accounts_that_want_one_week_at_once_a_quarter_gets_it(
    stack: Stack, limited: LimitedWeb, coach: Person, strangers: list[Person], network: str
) -> None:
    """Each asks for one hour after the other, all at the same time."""
    if network == "one and proven":
        prove(stack, strangers)
        for n, person in enumerate(strangers):
            person.http.headers["X-Forwarded-For"] = f"2001:db8::{n}"

    def want(n: int) -> list[httpx.Response]:
        person, hours = strangers[n], HOURS[n::14]
        return [patiently(lambda hour=hour: person.wish(coach, MONDAY + hour)) for hour in hours]  # type: ignore[misc]

    with ThreadPoolExecutor(14) as pool:
        answers = [answer for each in pool.map(want, range(14)) for answer in each]

    assert kinds(answers) == {"held": 10, "calendar-held": 30}
    with limited.asking_from("203.0.113.1") as elsewhere:
        somebody = Person.registered(elsewhere, "client")
        prove(stack, [somebody])
        free = [start for start in HOURS if somebody.wish(coach, MONDAY + start).status_code == 201]
    assert len(free) == 3


def test_who_asks_for_many_at_once_holds_no_more_sessions_than_one_may(
    coach: Person, stranger: Callable[[int], Person]
) -> None:
    person = stranger(1)

    def want(n: int) -> httpx.Response:
        return patiently(lambda: person.wish_series(coach, MONDAY + HOURS[n], 3))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(want, range(8)))

    assert kinds(answers) == {"held": 1, "too-many-holds": 7}


def test_who_holds_and_cancels_sixty_times_pauses_soon(
    coach: Person, stranger: Callable[[int], Person]
) -> None:
    person, answers = stranger(1), []

    for _ in range(60):
        answers.append(person.wish(coach, MONDAY))
        if answers[-1].status_code == 201:
            person.post(f"/booking/{answers[-1].json()['id']}/cancel", json={})

    assert kinds(answers) == {"held": 3, "holds-paused": 57}
    assert {answer.status_code for answer in answers[3:]} == {429}
    assert 200 < int(answers[-1].headers["Retry-After"]) <= 300
