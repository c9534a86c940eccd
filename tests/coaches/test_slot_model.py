"""Free times against a slow, obvious model of them."""

from flask import Flask
from hypothesis import HealthCheck, given, note, settings

from app.coaches import slots
from app.extensions import db
from tests.coaches import slot_model
from tests.coaches.calendars import stored
from tests.coaches.strategies import Case, cases
from tests.example_counts import examples

EXAMPLES = examples(60, ci=150)


@given(case=cases())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_free_times_are_those_of_the_model(app: Flask, case: Case) -> None:
    expected = slot_model.free_starts(case.calendar, case.minutes, case.since, case.until, case.at)
    note(f"expected {expected}")
    savepoint = db.session.begin_nested()
    try:
        coach = stored(case.calendar)
        found = slots.free_starts(coach, case.minutes, case.since, case.until, case.at)
        alone = [slots.is_free(coach, start, case.minutes, case.at) for start in found[:2] + found[-2:]]
    finally:
        savepoint.rollback()

    assert found == expected
    assert all(alone)
