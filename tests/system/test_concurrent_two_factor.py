"""A code is good once, also for fifty who use it at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from tests.accounts.two_factor.authenticator import Phone
from tests.people import PASSWORD, Person, patiently
from tests.stack import Stack
from tests.system.two_factor_accounts import change, client, phone
from tests.waiting import wait_until

__all__ = ["client", "phone"]
CROWD = 50


@pytest.fixture
def quick(stack: Stack, phone: Phone) -> Phone:
    """Whose password takes no time to check."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    change(stack, "UPDATE account SET password_hash = :hash WHERE id = :id", phone.owner, hash=cheap)
    return phone


def all_at_once(person: Person, path: str, body: dict[str, Any], crowd: int = CROWD) -> Counter[int]:
    def ask(_: int) -> httpx.Response:
        return patiently(lambda: person.post(path, json=body))

    with ThreadPoolExecutor(crowd) as pool:
        return Counter(answer.status_code for answer in pool.map(ask, range(crowd)))


def test_of_some_who_sign_in_with_one_code_one_does(phone: Phone) -> None:
    """Fewer than are told that they came too often."""
    login = {"email": phone.owner.email, "password": PASSWORD, "code": phone.shows()}

    assert all_at_once(phone.owner, "/auth/login", login, crowd=8) == {200: 1, 401: 7}


@pytest.mark.parametrize("of_the_app", [True, False], ids=["app", "recovery code"])
def test_of_fifty_who_use_one_code_one_does(quick: Phone, of_the_app: bool) -> None:
    code = quick.shows() if of_the_app else quick.recovery_codes[0]
    proof = {"password": PASSWORD, "code": code}

    answers = all_at_once(quick.owner, "/auth/second-factor/recovery-codes", proof)

    assert answers == {200: 1, 422: CROWD - 1}


def test_of_fifty_who_confirm_at_once_one_gets_the_recovery_codes(client: Person) -> None:
    secret = client.post("/auth/second-factor", json={"password": PASSWORD}).json()["secret"]

    answers = all_at_once(client, "/auth/second-factor/confirm", {"code": Phone(client, secret).shows()})

    assert answers == {200: 1, 409: CROWD - 1}


def test_a_sign_in_that_ended_meanwhile_turns_nothing_on(stack: Stack, client: Person) -> None:
    """As when the owner sets a new password while somebody else is signed in."""
    secret = client.post("/auth/second-factor", json={"password": PASSWORD}).json()["secret"]
    code = {"code": Phone(client, secret).shows()}
    lock = text("SELECT 1 FROM account WHERE id = :id FOR NO KEY UPDATE")
    end = text("UPDATE sign_in SET revoked_at = now() WHERE account_id = :id")
    with ThreadPoolExecutor(1) as pool, stack.database.connect() as owner:
        owner.execute(lock, {"id": client.id})
        late = pool.submit(client.post, "/auth/second-factor/confirm", json=code)
        wait_until(lambda: somebody_waits(stack))
        owner.execute(end, {"id": client.id})
        owner.commit()

    assert late.result().status_code == 401
    with stack.database.connect() as connection:
        since = text("SELECT second_factor_since FROM account WHERE id = :id")
        assert connection.scalar(since, {"id": client.id}) is None


def somebody_waits(stack: Stack) -> bool:
    waiting = "wait_event_type = 'Lock' AND query LIKE '%FROM account%'"
    with stack.database.connect() as connection:
        return bool(connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}")))
