"""No answer, and no time that it takes, tells whether an address has an account."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select, text

from app.accounts import password_hashing
from app.accounts.models import Account
from app.extensions import db
from tests.accounts.account_mails import forgets as forgets_password
from tests.accounts.account_mails import mails
from tests.accounts.work_counts import CountingHasher, statements
from tests.people import PASSWORD, Person
from tests.queues import queued

SOMEBODY: dict[str, Any] = {
    "password": "seven green umbrellas",
    "name": "Somebody Else",
    "role": "coach",
    "time_zone": "Asia/Tokyo",
}


def registers(http: httpx.Client, email: str) -> httpx.Response:
    return http.post("/auth/register", json=SOMEBODY | {"email": email})


def logs_in(http: httpx.Client, email: str) -> httpx.Response:
    return http.post("/auth/login", json={"email": email, "password": "not the password"})


def forgets(http: httpx.Client, email: str) -> httpx.Response:
    return http.post("/auth/password/forgot", json={"email": email})


def somewhere() -> str:
    """An address that nobody has; as long as each other one of these tests."""
    return f"client-{uuid4().hex[:12]}@example.com"


def test_registering_a_known_address_is_answered_as_for_a_new_one(client: Person) -> None:
    known, new = registers(client.http, client.email), registers(client.http, somewhere())

    assert (known.status_code, new.status_code) == (201, 201)
    of_each = {"id": "", "email": "", "created_at": "", "updated_at": ""}
    assert list(known.json()) == list(new.json())
    assert known.json() | of_each == new.json() | of_each
    assert known.json()["email"] == client.email
    for answer in (known.json(), new.json()):
        assert UUID(answer["id"]).version == 4
        assert answer["created_at"] == answer["updated_at"]
    assert set(known.headers) == set(new.headers)
    assert known.headers["Content-Length"] == new.headers["Content-Length"]


@pytest.mark.parametrize("write", [str, str.upper, str.title], ids=["as it is", "upper", "title"])
def test_an_account_is_not_touched_by_who_registers_its_address(
    app: Flask, client: Person, write: Callable[[str], str]
) -> None:
    before = client.get("/auth/me").json()

    answer = registers(client.http, write(client.email)).json()

    assert client.get("/auth/me").json() == before
    assert answer["id"] != client.id
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1
    assert logs_in(client.http, client.email).status_code == 401
    assert Person.signed_in(client.http, client.email, PASSWORD).id == client.id
    login = {"email": client.email, "password": SOMEBODY["password"]}
    assert client.http.post("/auth/login", json=login).status_code == 401


def test_the_owner_hears_of_it_and_nobody_gets_a_link(client: Person) -> None:
    registers(client.http, client.email)

    (told,) = mails(client, "address_in_use")
    assert "someone tried to open an account with this address" in told.text_body
    assert SOMEBODY["name"] not in told.text_body + told.html_body
    assert "Europe/London" in told.text_body
    assert len(mails(client, "verify_address")) == 1  # the one of the first time


def test_three_mails_an_hour_are_enough_and_the_answer_stays_the_same(client: Person) -> None:
    answers = [registers(client.http, client.email) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {201}
    assert len(mails(client, "address_in_use")) == 2  # and the one with the link before

    db.session.execute(text("UPDATE email SET created_at = created_at - interval '61 minutes'"))
    db.session.commit()
    registers(client.http, client.email)
    assert len(mails(client, "address_in_use")) == 3


def test_who_was_first_with_somebody_s_address_keeps_nothing_of_it(client: Person) -> None:
    """The account that a stranger opened is the owner's from the first link that they use."""
    http, stranger = client.http, client
    feed = stranger.post("/booking/feed").json()["url"]

    refused = stranger.post("/auth/second-factor", json={"password": PASSWORD})
    new = {"token": forgets_password(stranger), "password": "seven green umbrellas"}
    assert http.post("/auth/password/reset", json=new).status_code == 204

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/address-not-verified")
    assert stranger.get("/auth/me").status_code == 401
    assert http.get(httpx.URL(feed).raw_path.decode()).status_code == 404
    owner = Person.signed_in(http, stranger.email, new["password"])
    assert owner.get("/auth/me").json()["email_verified"] is True


def test_a_password_is_refused_alike_whosever_address_it_is(client: Person) -> None:
    known, new = (
        client.http.post("/auth/register", json=SOMEBODY | {"email": email, "password": "password123"})
        for email in (client.email, somewhere())
    )

    assert (known.status_code, new.status_code) == (422, 422)
    assert known.json() | {"request_id": ""} == new.json() | {"request_id": ""}


def test_registering_asks_as_much_of_database_and_broker_either_way(client: Person, broker: Redis) -> None:
    done = []
    for email in (client.email, somewhere()):
        jobs = len(queued(broker, "email"))
        with statements() as asked:
            registers(client.http, email)
        done.append((asked, len(queued(broker, "email")) - jobs))

    assert done[0] == done[1]
    assert done[0][1] == 1


@pytest.mark.parametrize("ask", [logs_in, registers, forgets])
def test_a_known_address_costs_as_many_hashes_and_as_much_time_as_an_unknown_one(
    app: Flask, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, ask: Callable[..., httpx.Response]
) -> None:
    hasher = CountingHasher()
    monkeypatch.setattr(password_hashing, "_hasher", hasher)
    person = Person.registered(http, "client")
    hashes: dict[bool, list[int]] = {True: [], False: []}
    seconds: dict[bool, list[float]] = {True: [], False: []}

    for known in [True, False] * 5:
        email = person.email if known else somewhere()
        count, began = hasher.count, time.process_time()  # of this process alone, however busy the machine is
        ask(http, email)
        seconds[known].append(time.process_time() - began)
        hashes[known].append(hasher.count - count)

    assert hashes[True] == hashes[False]
    assert 1 / 3 < median(seconds[True]) / median(seconds[False]) < 3
