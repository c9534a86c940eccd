"""Accounts that are taken out of use while something else is done with them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.people import PASSWORD, Person, next_week
from tests.stack import Stack
from tests.waiting import wait_until

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM account%'"
)
OUT = text("UPDATE account SET deactivated_at = now() WHERE id = :id")


@pytest.fixture
def admins(stack: Stack) -> list[Person]:
    admins = [Person.registered(stack.http, "client") for _ in range(2)]
    with stack.database.begin() as connection:
        for admin in admins:
            connection.execute(text("UPDATE account SET role = 'admin' WHERE id = :id"), {"id": admin.id})
    return admins


def somebody_waits(stack: Stack) -> bool:
    with stack.database.connect() as connection:
        return bool(connection.scalar(WAITING))


def test_of_two_admins_who_take_each_other_out_at_once_one_stays(stack: Stack, admins: list[Person]) -> None:
    one, other = admins

    def takes_out(admin: Person, rival: Person) -> int:
        return admin.post(f"/admin/account/{rival.id}/deactivate", json={"reason": "a coup"}).status_code

    lock = text("SELECT id FROM account WHERE role = 'admin' FOR NO KEY UPDATE")
    with ThreadPoolExecutor(2) as pool, stack.database.connect() as rival:
        rival.execute(lock)
        both = [pool.submit(takes_out, one, other), pool.submit(takes_out, other, one)]
        wait_until(lambda: somebody_waits(stack))
        rival.commit()

    assert sorted(answer.result() for answer in both)[0] == 200
    assert sorted(answer.result() for answer in both)[1] in {401, 403}
    assert sorted(admin.get("/admin/overview").status_code for admin in admins) == [200, 401]


def test_a_sign_in_that_began_before_does_not_outlive_it(stack: Stack, client: Person) -> None:
    login = {"email": client.email, "password": PASSWORD}
    with ThreadPoolExecutor(1) as pool, stack.database.connect() as rival:
        rival.execute(OUT, {"id": client.id})
        late = pool.submit(stack.http.post, "/auth/login", json=login)
        wait_until(lambda: somebody_waits(stack))
        rival.commit()

    assert late.result().status_code == 403


def test_a_booking_that_waits_in_line_finds_the_coach_gone(
    stack: Stack, client: Person, coach: Person
) -> None:
    with ThreadPoolExecutor(1) as pool, stack.database.connect() as rival:
        rival.execute(OUT, {"id": coach.id})
        late = pool.submit(client.wish, coach, next_week())
        wait_until(lambda: somebody_waits(stack))
        rival.commit()

    assert late.result().status_code == 404
