"""Many at once, through two gunicorn workers and two Celery workers."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.flow.conftest import Stack
from tests.people import Person, next_week

CROWD = 100


@pytest.mark.timeout(240)
def test_of_a_hundred_clients_after_one_slot_one_gets_it(stack: Stack, coach: Person) -> None:
    with ThreadPoolExecutor(20) as pool:
        crowd = list(pool.map(lambda _: Person.registered(stack.http, "client"), range(CROWD)))
    with ThreadPoolExecutor(CROWD) as pool:
        answers = list(pool.map(lambda client: client.wish(coach, next_week()), crowd))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CROWD - 1}
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "/problems/slot-taken"


def test_one_checkout_asked_for_by_many_at_once_is_one_session(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)

    with ThreadPoolExecutor(8) as pool:
        checkouts = list(pool.map(lambda _: client.checks_out(booking), range(8)))

    assert len({checkout["session_id"] for checkout in checkouts}) == 1
    assert len({checkout["payment_id"] for checkout in checkouts}) == 1
