"""Who is signed in changes the password, knowing the current one."""

import httpx
import pytest
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from tests.accounts.account_mails import mails
from tests.people import PASSWORD, Person

NEW = "seven green umbrellas"


def change(person: Person, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    return person.post("/auth/password/change", json={"current_password": current, "new_password": new})


def test_the_new_password_is_good_and_the_old_one_is_not(client: Person) -> None:
    assert change(client).status_code == 204

    assert Person.signed_in(client.http, client.email, NEW).id == client.id
    old = client.http.post("/auth/login", json={"email": client.email, "password": PASSWORD})
    assert old.status_code == 401


def test_the_sign_in_that_changed_it_goes_on_and_all_others_end(client: Person, coach: Person) -> None:
    elsewhere = Person.signed_in(client.http, client.email, PASSWORD)

    change(client)

    refresh = client.http.post("/auth/refresh", json={"refresh_token": client.refresh_token})
    assert refresh.status_code == 200
    assert client.get("/auth/me").status_code == 200
    assert elsewhere.get("/auth/me").status_code == 401
    assert coach.get("/auth/me").status_code == 200


def test_the_calendar_s_feed_ends_with_the_password_that_got_it(client: Person, coach: Person) -> None:
    feed, of_another = (person.post("/booking/feed").json()["url"] for person in (client, coach))

    change(client)

    assert client.http.get(feed).status_code == 404
    assert client.http.get(of_another).status_code == 200


def test_the_owner_is_told_each_time(client: Person) -> None:
    change(client)
    change(client, NEW, "another password of mine")

    told = mails(client, "password_changed")
    assert len(told) == 2
    assert "on all other devices" in told[0].html_body


def test_it_is_on_record(client: Person) -> None:
    change(client)

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action.like("password.%"))).one()
    assert (entry.action, entry.subject, entry.actor) == (
        "password.change",
        f"account:{client.id}",
        f"account:{client.id}",
    )


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [
        ("not my password", NEW, "/current_password"),
        (PASSWORD, "too short", "/new_password"),
        (PASSWORD, "password123", "/new_password"),
    ],
)
def test_a_refusal_names_the_field_and_changes_nothing(
    client: Person, current: str, new: str, pointer: str
) -> None:
    elsewhere = Person.signed_in(client.http, client.email, PASSWORD)

    answer = change(client, current, new)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert elsewhere.get("/auth/me").status_code == 200
    assert mails(client, "password_changed") == []


def test_nobody_changes_no_password(http: httpx.Client) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}

    assert http.post("/auth/password/change", json=body).status_code == 401
