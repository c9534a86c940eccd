"""Tokens that are good once, used by fifty at once; a password that is changed while somebody signs in."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
from sqlalchemy import text

from app.accounts import password_hashing
from tests.people import PASSWORD, Person, patiently
from tests.stack import Stack
from tests.waiting import wait_until

CROWD = 50
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM account%'"
)


def all_at_once(stack: Stack, path: str, bodies: list[dict[str, str]]) -> list[httpx.Response]:
    with ThreadPoolExecutor(CROWD) as crowd:
        return list(crowd.map(lambda body: patiently(lambda: stack.http.post(path, json=body)), bodies))


def token_mailed_to(stack: Stack, person: Person) -> str:
    def link() -> list[str]:
        texts = "\n".join(mail["text"] for mail in stack.sandbox.mails_to(person.email))
        return re.findall(r"\S+/auth/password/reset\?\S+", texts)

    wait_until(link)
    return str(httpx.URL(link()[0]).params["token"])


def signs_in(person: Person, password: str) -> int:
    login = {"email": person.email, "password": password}
    return person.http.post("/auth/login", json=login).status_code


def somebody_waits(stack: Stack) -> bool:
    with stack.database.connect() as connection:
        return bool(connection.scalar(WAITING))


def test_of_fifty_who_use_one_link_one_sets_the_password(stack: Stack, client: Person) -> None:
    stack.http.post("/auth/password/forgot", json={"email": client.email})
    token = token_mailed_to(stack, client)
    wishes = [{"token": token, "password": f"green umbrella number {n}"} for n in range(CROWD)]

    answers = all_at_once(stack, "/auth/password/reset", wishes)

    assert Counter(answer.status_code for answer in answers) == {204: 1, 422: CROWD - 1}
    (winner,) = [wish for wish, answer in zip(wishes, answers, strict=True) if answer.status_code == 204]
    assert signs_in(client, winner["password"]) == 200


def test_of_fifty_who_refresh_with_one_token_one_does_and_the_sign_in_ends(
    stack: Stack, client: Person
) -> None:
    answers = all_at_once(stack, "/auth/refresh", [{"refresh_token": client.refresh_token}] * CROWD)

    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: CROWD - 1}
    (pair,) = [answer.json() for answer in answers if answer.status_code == 200]
    again = stack.http.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert again.status_code == 401
    assert client.get("/auth/me").status_code == 401


def test_of_fifty_who_ask_for_a_link_at_once_three_are_written_to(stack: Stack, client: Person) -> None:
    answers = all_at_once(stack, "/auth/password/forgot", [{"email": client.email}] * CROWD)

    assert {answer.status_code for answer in answers} == {202}
    with stack.database.connect() as connection:
        query = text("SELECT count(*) FROM email WHERE recipient = :email AND kind = 'reset_password'")
        assert connection.scalar(query, {"email": client.email}) == 3


def test_of_many_who_register_one_address_at_once_one_has_it_and_none_is_told(stack: Stack) -> None:
    email = f"wanted-{uuid4().hex[:12]}@example.com"
    wishes = [{"email": email, "password": f"green umbrella number {n}", "name": "Ada"} for n in range(10)]

    answers = all_at_once(stack, "/auth/register", wishes)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == len(wishes)
    with stack.database.connect() as connection:
        owner = connection.scalar(text("SELECT id FROM account WHERE email = :email"), {"email": email})
        query = text("SELECT kind FROM email WHERE recipient = :email")
        kinds = Counter(connection.scalars(query, {"email": email}))
    assert str(owner) in {answer.json()["id"] for answer in answers}
    assert kinds == {"verify_address": 1, "address_in_use": 2}


def test_who_signs_in_with_many_is_let_in_or_told_to_come_again_and_holds_up_nobody(
    stack: Stack, client: Person
) -> None:
    login = {"email": client.email, "password": PASSWORD}

    with ThreadPoolExecutor(CROWD) as crowd:
        coming = [crowd.submit(stack.http.post, "/auth/login", json=login) for _ in range(CROWD)]
        meanwhile = [stack.http.get("/health/live").status_code for _ in range(5)]
    answers = [each.result() for each in coming]

    assert meanwhile == [200] * 5
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) < CROWD
    assert all(answer.status_code == 503 and int(answer.headers["Retry-After"]) for answer in refused)
    assert signs_in(client, PASSWORD) == 200


def test_a_sign_in_with_the_old_password_does_not_outlive_its_change(stack: Stack, client: Person) -> None:
    changed = {"id": client.id, "hash": password_hashing.hashed("seven green umbrellas")}
    with ThreadPoolExecutor(1) as pool, stack.database.connect() as rival:
        rival.execute(text("UPDATE account SET password_hash = :hash WHERE id = :id"), changed)
        late = pool.submit(signs_in, client, PASSWORD)
        wait_until(lambda: somebody_waits(stack))
        rival.commit()

    assert late.result() == 401
    assert signs_in(client, "seven green umbrellas") == 200


def test_of_many_wrong_passwords_at_once_each_is_counted_in_one_row(stack: Stack, client: Person) -> None:
    guess = {"email": client.email, "password": "a wrong password"}
    with ThreadPoolExecutor(8) as crowd:
        asked = [crowd.submit(stack.http.post, "/auth/login", json=guess) for _ in range(24)]
    answers = Counter(each.result().status_code for each in asked)

    kept = text("SELECT number FROM refused_sign_ins WHERE subject = :subject")
    with stack.database.connect() as connection:
        numbers = connection.scalars(kept, {"subject": f"account:{client.id}"}).all()

    assert answers.keys() <= {401, 429, 503}
    assert answers[401] >= 2
    assert sum(numbers) == answers[401]
    assert len(numbers) in {1, 2}  # two where an hour has just begun
