"""The same request under the same Idempotency-Key is answered again, and not done again."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import func, select, update

from app import idempotency
from app.accounts.models import Account
from app.bookings import reservation
from app.bookings.models import Booking
from app.config.settings import settings_of
from app.extensions import db, now
from app.idempotency import IN_FLIGHT_AT_MOST, IdempotencyKey
from tests.configuration import Configure
from tests.people import PASSWORD, Person, next_week


def wish(coach: Person, hour: int = 10) -> dict[str, Any]:
    return {"coach_id": coach.id, "session_datetime": next_week(hour).isoformat(), "duration_minutes": 60}


def ask(client: Person, body: dict[str, Any], key: str = "a-key") -> httpx.Response:
    return client.post("/booking", json=body, headers={"Idempotency-Key": key})


def bookings() -> int:
    return db.session.scalar(select(func.count()).select_from(Booking)) or 0


def change_kept(**values: Any) -> None:
    """Let the kept answer be another one, as after some time or a crash."""
    db.session.execute(update(IdempotencyKey).values(**values))
    db.session.commit()


def test_the_same_request_is_answered_again_and_not_done_again(
    app: Flask, client: Person, coach: Person
) -> None:
    first = ask(client, wish(coach))
    again = ask(client, wish(coach))

    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert bookings() == 1


def test_another_body_under_the_key_is_refused(app: Flask, client: Person, coach: Person) -> None:
    ask(client, wish(coach, 10))

    answer = ask(client, wish(coach, 14))

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/bad-idempotency-key"
    assert bookings() == 1


def test_another_route_under_the_key_is_refused(client: Person, coach: Person) -> None:
    ask(client, wish(coach))

    answer = client.post("/payment/checkout", json=wish(coach), headers={"Idempotency-Key": "a-key"})

    assert answer.json()["type"] == "/problems/bad-idempotency-key"


def test_a_request_still_at_work_is_not_done_beside_itself(client: Person, coach: Person) -> None:
    ask(client, wish(coach))
    change_kept(status=None, body=None)

    answer = ask(client, wish(coach))

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/request-in-flight"
    assert answer.headers["Retry-After"] == "1"
    assert ask(client, wish(coach, 14)).status_code == 422


def test_a_request_that_was_cut_down_gives_its_key_back_in_the_end(client: Person, coach: Person) -> None:
    ask(client, wish(coach))
    change_kept(status=None, body=None, started_at=now() - IN_FLIGHT_AT_MOST - timedelta(seconds=1))

    assert ask(client, wish(coach, 14)).status_code == 201


def test_an_answer_is_kept_for_a_day(client: Person, coach: Person) -> None:
    ask(client, wish(coach))
    change_kept(started_at=now() - timedelta(hours=24) + timedelta(minutes=1))
    assert ask(client, wish(coach)).headers["Idempotent-Replayed"] == "true"

    change_kept(started_at=now() - timedelta(hours=24) - timedelta(minutes=1))

    assert ask(client, wish(coach, 14)).status_code == 201


def test_old_keys_are_deleted_in_portions_the_oldest_first(client: Person) -> None:
    columns = {"account_id": UUID(client.id), "fingerprint": ""}
    ages = {"a": 30, "b": 28, "c": 26, "of today": 1}
    for key, hours in ages.items():
        db.session.add(IdempotencyKey(**columns, key=key, started_at=now() - timedelta(hours=hours)))
    db.session.commit()

    assert [idempotency.forget_old(2) for _ in range(3)] == [2, 1, 0]

    assert list(db.session.scalars(select(IdempotencyKey.key))) == ["of today"]


@pytest.mark.parametrize("refused", [{"duration_minutes": 45}, {"coach_id": "nobody"}], ids=str)
def test_a_refusal_gives_the_key_back(
    app: Flask, client: Person, coach: Person, refused: dict[str, Any]
) -> None:
    assert ask(client, wish(coach) | refused).status_code == 422

    assert ask(client, wish(coach)).status_code == 201
    assert bookings() == 1


def test_a_failure_gives_the_key_back(client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as for_now:
        for_now.setattr(reservation, "request", broken)
        assert ask(client, wish(coach)).status_code == 500

    assert ask(client, wish(coach)).status_code == 201


def test_a_key_is_its_callers_own(client: Person, coach: Person) -> None:
    ask(client, wish(coach, 10))
    other = Person.registered(client.http, "client")

    answer = ask(other, wish(coach, 14))

    assert answer.status_code == 201
    assert answer.json()["client_id"] == other.id


def test_two_keys_are_two_requests(client: Person, coach: Person) -> None:
    ask(client, wish(coach), "one")

    assert ask(client, wish(coach), "two").json()["type"] == "/problems/slot-taken"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_no_or_too_great_length_is_refused(client: Person, coach: Person, key: str) -> None:
    answer = ask(client, wish(coach), key)

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/bad-idempotency-key"


def test_a_key_may_have_255_characters(client: Person, coach: Person) -> None:
    assert ask(client, wish(coach), "x" * 255).status_code == 201


def test_without_a_key_nothing_is_kept(app: Flask, client: Person, coach: Person) -> None:
    client.books(coach)

    assert db.session.scalars(select(IdempotencyKey)).all() == []


def test_a_request_that_another_has_overtaken_undoes_what_it_did(
    app: Flask, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took longer than any request takes, and its key was given to the next."""
    request = reservation.request

    def slow(*wanted: Any) -> Booking:
        change_kept(started_at=now() + timedelta(seconds=1))
        return request(*wanted)

    monkeypatch.setattr(reservation, "request", slow)

    assert ask(client, wish(coach)).json()["type"] == "/problems/request-in-flight"
    assert bookings() == 0


def test_what_shows_a_secret_once_is_done_once_and_never_shown_again(app: Flask, client: Person) -> None:
    def renew() -> httpx.Response:
        return client.post("/booking/feed", headers={"Idempotency-Key": "a-key"})

    first, again = renew(), renew()

    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["type"] == "/problems/answer-not-kept"
    path = first.json()["url"].partition("/booking")[2]
    assert client.get(f"/booking{path}").status_code == 200  # a second address would have closed the first
    (kept,) = db.session.scalars(select(IdempotencyKey))
    assert (kept.status, kept.body) == (201, None)


@pytest.mark.usefixtures("app")
def test_a_password_in_a_body_cannot_be_guessed_from_what_is_kept(client: Person) -> None:
    db.session.execute(update(Account).values(email_verified_at=now()))
    db.session.commit()
    answer = client.post(
        "/auth/second-factor", json={"password": PASSWORD}, headers={"Idempotency-Key": "a-key"}
    )
    assert answer.status_code == 201, answer.text

    (kept,) = db.session.scalars(select(IdempotencyKey))

    sent = answer.request.content
    guesses = [
        b"\n".join([b"POST", path, sent]) for path in (b"/auth/second-factor", b"/auth/second-factor?")
    ]
    assert kept.fingerprint not in {hashlib.sha256(guess).hexdigest() for guess in guesses}
    assert kept.body is None
    assert answer.json()["secret"] not in repr(vars(kept))


def test_after_secret_key_was_renewed_the_same_request_is_still_the_same(
    app: Flask, client: Person, coach: Person, configure: Configure
) -> None:
    first = ask(client, wish(coach))
    configure(secret_keys=(SecretStr("a new key " * 4), *settings_of(app).secret_keys))

    assert ask(client, wish(coach)).content == first.content
    assert ask(client, wish(coach, 14)).status_code == 422


@pytest.mark.usefixtures("app")
def test_a_key_is_of_one_path_also_where_the_body_is_the_same(client: Person, coach: Person) -> None:
    one, other = client.books(coach, next_week(9)), client.books(coach, next_week(12))
    key = {"Idempotency-Key": "a-key"}
    assert client.post(f"/booking/{one['id']}/cancel", json={}, headers=key).status_code == 200

    refused = client.post(f"/booking/{other['id']}/cancel", json={}, headers=key)

    assert refused.json()["type"] == "/problems/bad-idempotency-key"
    assert client.booking(other)["status"] == "pending"


def test_a_query_is_part_of_the_request(client: Person, coach: Person) -> None:
    ask(client, wish(coach))

    answer = client.post("/booking?really=1", json=wish(coach), headers={"Idempotency-Key": "a-key"})

    assert answer.json()["type"] == "/problems/bad-idempotency-key"
