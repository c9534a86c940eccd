"""A coach with two browser windows."""

from concurrent.futures import ThreadPoolExecutor

from tests.people import WEEKDAYS, Person
from tests.stack import Stack


def test_the_first_visits_may_come_at_once(stack: Stack) -> None:
    newcomers = [Person.registered(stack.http, "coach") for _ in range(5)]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda coach: coach.get("/coach/me"), [*newcomers, *newcomers]))

    assert {answer.status_code for answer in answers} == {200}


def test_of_hours_that_are_replaced_twice_at_once_one_set_stays(stack: Stack, coach: Person) -> None:
    sets = [
        [{"weekday": day, "start_time": start, "end_time": "20:00"} for day in WEEKDAYS]
        for start in ("08:00", "09:00", "10:00", "11:00")
    ]
    with ThreadPoolExecutor(len(sets)) as pool:
        answers = list(
            pool.map(lambda weekly: coach.ask("PUT", "/coach/me/availability", json={"weekly": weekly}), sets)
        )

    assert {answer.status_code for answer in answers} == {200}
    assert coach.get("/coach/me/availability").json()["weekly"] in sets
