"""Everything that is held on somebody, and of others no more than the API shows."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.extensions import db
from app.privacy import export_sections as holdings
from tests.people import Person, next_week
from tests.privacy.personal_data import NOTES, dealings
from tests.shop import Shop

SECRETS = ("password_hash", "refresh_jti", "feed_token", "$argon2", "token_hash")
OTHER_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+\+")
"""Such as 2026-11-23 14:00:00+00:00; the API writes 2026-11-23T14:00:00Z."""


def exported(person: Person) -> dict[str, Any]:
    answer = person.get("/auth/me/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def test_a_client_gets_all_of_it(shop: Shop, zelda: Person, coach: Person) -> None:
    had = dealings(shop, zelda, coach)

    held = exported(zelda)

    assert held["account"] | {"has_feed": False} == held["account"]
    assert (held["account"]["email"], held["account"]["name"]) == (zelda.email, "Zelda Quimby")
    assert [each["id"] for each in held["bookings"]] == [had.cancelled["id"], had.coming["id"]]
    assert {each["notes"] for each in held["bookings"]} == {NOTES}
    assert [move["after"] for move in held["bookings"][0]["history"]] == ["pending", "confirmed", "cancelled"]
    assert held["bookings"][0]["history"][-1]["reason"] == "Quimby and Vasey fell out"
    assert [len(each["refunds"]) for each in held["payments"]] == [1, 0]
    assert {each["recipient"] for each in held["mails"]} == {zelda.email}
    assert "verify_address" in {each["kind"] for each in held["mails"]}
    assert [each["ended_at"] for each in held["sign_ins"]] == [None]
    assert (held["coach"], held["ledger"]) == (None, [])


def test_it_shows_nothing_secret_and_names_the_other_side_only_as_the_mails_did(
    shop: Shop, zelda: Person, coach: Person
) -> None:
    shop.pays_for(zelda, coach)
    zelda.post("/booking/feed")
    zelda.http.post("/auth/password/forgot", json={"email": zelda.email})

    held = exported(zelda)
    mails = held.pop("mails")

    assert not [secret for secret in (*SECRETS, coach.email, zelda.token) if secret in str(held)]
    assert not OTHER_TIMES.search(str(held))
    assert not [secret for secret in SECRETS if secret in str(mails)]


def test_a_coach_gets_the_profile_the_calendar_and_the_books(
    shop: Shop, client: Person, corin: Person
) -> None:
    shop.pays_for(client, corin)
    away = {"local_start": "2030-12-24T00:00", "local_end": "2030-12-27T00:00", "reason": "Family"}
    corin.post("/coach/me/time-off", json=away)

    held = exported(corin)

    assert held["coach"]["profile"]["video_url"] == "https://meet.example/vasey"
    assert len(held["coach"]["availability"]["weekly"]) == 7
    assert held["coach"]["time_off"][0]["reason"] == "Family"
    assert {each["as"] for each in held["bookings"]} == {"coach"}
    assert sum(each["amount_minor"] for each in held["ledger"] if each["kind"] == "payment") == 7500


def test_it_names_what_was_done_to_the_account_and_from_where(
    shop: Shop, zelda: Person, admin: Person
) -> None:
    reset = {"current_password": "correct horse battery", "new_password": "a staple of many horses"}
    assert zelda.post("/auth/password/change", json=reset).status_code == 204

    entries = exported(zelda)["audit"]

    assert {each["action"] for each in entries} == {"sign_in.begin", "password.change"}
    (entry,) = [each for each in entries if each["action"] == "password.change"]
    assert (entry["action"], entry["by_you"], entry["address"]) == ("password.change", True, "127.0.0.1")


@pytest.mark.parametrize("number", [4, 9])
def test_many_rows_cost_no_more_questions_each(
    app: Flask, shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(holdings, "PORTION", 20)
    client.books(coach, next_week())
    db.session.execute(
        text(
            "INSERT INTO booking (id, coach_id, client_id, period, busy, status, notes, amount_minor,"
            " currency, coach_time_zone, client_time_zone, policy, refund_percent_at_most, calendar_sequence)"
            " SELECT gen_random_uuid(), coach_id, client_id, period, busy, 'completed', '', 1,"
            " 'EUR', 'UTC', 'UTC', '{}', 100, 0 FROM booking, generate_series(1, :number)"
        ),
        {"number": number},
    )
    db.session.commit()
    asked: list[str] = []
    note = lambda *call: asked.append(call[2])  # noqa: E731 - SQLAlchemy wants the very same to remove it
    engine = db.session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    held = exported(coach)
    event.remove(engine, "before_cursor_execute", note)

    assert len(held["bookings"]) == number + 1
    assert len([query for query in asked if "FROM booking" in query]) <= 4
