"""Wrong passwords and codes are seen by the operator, and however many come they leave few rows."""

import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.accounts.refused_sign_ins import MAX_ADDRESSES, RefusedSignIns
from app.audit import AuditEntry
from app.extensions import db
from app.privacy import retention
from tests.accounts.two_factor.authenticator import Phone, clock
from tests.clock import Clock
from tests.people import Person

__all__ = ["clock"]
MANY = 40


@pytest.fixture(autouse=True)
def nothing_yet(app: Flask) -> None:
    """What tests that commit have left is gone for as long as one of these takes."""
    db.session.execute(text("DELETE FROM refused_sign_ins"))
    db.session.commit()


def guesses(http: httpx.Client, email: str, address: str = "192.0.2.7") -> httpx.Response:
    http._transport.remote_addr = address  # type: ignore[attr-defined]
    return http.post("/auth/login", json={"email": email, "password": "a wrong password"})


def seen(admin: Person, **wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get("/admin/refused-sign-in", params=wanted).json()["items"]
    return found


def records() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0


@pytest.mark.usefixtures("clock")
def test_a_flood_of_guesses_leaves_a_row_an_account_and_hour(
    http: httpx.Client, client: Person, admin: Person
) -> None:
    before = records()

    for n in range(MANY):
        last = guesses(http, client.email, f"192.0.2.{n}")
        assert (last.status_code, guesses(http, f"nobody-{n}@example.com").status_code) == (401, 401)

    assert records() == before
    rows = {each["subject"]: each for each in seen(admin)}
    assert rows.keys() == {f"account:{client.id}", "account:unknown"}
    of_client = rows[f"account:{client.id}"]
    assert (of_client["what"], of_client["number"]) == ("password", MANY)
    assert of_client["addresses"] == [f"192.0.2.{n}" for n in range(MAX_ADDRESSES)]
    assert of_client["request_id"] == last.headers["X-Request-ID"]
    unknown = rows["account:unknown"]
    assert (unknown["number"], unknown["addresses"]) == (MANY, ["192.0.2.7"])
    assert "nobody" not in str(unknown)


def test_each_hour_has_its_own_and_they_are_forgotten_in_time(
    http: httpx.Client, client: Person, admin: Person, clock: Clock
) -> None:
    guesses(http, client.email)
    clock.at += timedelta(hours=1)
    guesses(http, client.email)
    assert [each["number"] for each in seen(admin, subject=f"account:{client.id}")] == [1, 1]

    clock.at += timedelta(days=30, minutes=-1)
    assert retention.delete_refused_sign_ins() == 1
    clock.at += timedelta(minutes=2)
    assert retention.delete_refused_sign_ins() == 1
    assert db.session.scalars(select(RefusedSignIns)).all() == []


def test_a_wrong_code_behind_the_right_password_is_told_apart(
    client: Person, admin: Person, clock: Clock
) -> None:
    phone = Phone.of(client)
    assert phone.signs_in(None).status_code == 401  # who only lacks a code has not guessed
    assert seen(admin) == []

    for wrong in (phone.shows_not(), phone.shows_not(), "QK7D-3MVA-XW2P-6ZTR"):
        assert phone.signs_in(wrong).status_code == 401

    (row,) = seen(admin)
    assert (row["subject"], row["what"], row["number"]) == (f"account:{client.id}", "code", 3)


@pytest.mark.usefixtures("clock")
def test_an_attack_is_warned_of_as_it_grows(
    http: httpx.Client, client: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "app.accounts.refused_sign_ins"):
        for _ in range(MANY):
            guesses(http, client.email)

    assert caplog.messages == [f"10 times within an hour a wrong password for account:{client.id}"]


@pytest.mark.usefixtures("clock")
def test_its_owner_is_shown_how_often_and_not_from_where(http: httpx.Client, client: Person) -> None:
    guesses(http, client.email, "198.51.100.9")

    held = client.get("/auth/me/export").json()

    assert [(each["what"], each["number"]) for each in held["refused_sign_ins"]] == [("password", 1)]
    assert "198.51.100.9" not in str(held)
