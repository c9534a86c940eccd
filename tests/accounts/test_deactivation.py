"""Accounts that are out of use, and that come back."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.audit import AuditEntry
from app.extensions import db
from tests.accounts.account_mails import forgets, mails
from tests.people import PASSWORD, Person, next_week
from tests.shop import become_admin

NEW = "seven green umbrellas"


def leaves(person: Person, password: str = PASSWORD) -> httpx.Response:
    return person.post("/auth/me/deactivate", json={"password": password})


def turns(admin: Person, lever: str, person: Person) -> httpx.Response:
    return admin.post(f"/admin/account/{person.id}/{lever}", json={"reason": "asked by mail"})


def login(person: Person, password: str = PASSWORD) -> httpx.Response:
    body = {"email": person.email, "password": password}
    return person.http.post("/auth/login", json=body)


def test_every_sign_in_ends_and_none_begins(client: Person) -> None:
    elsewhere = Person.signed_in(client.http, client.email, PASSWORD)

    assert leaves(client).status_code == 204

    for ended in (client, elsewhere):
        assert ended.get("/auth/me").status_code == 401
        refresh = ended.http.post("/auth/refresh", json={"refresh_token": ended.refresh_token})
        assert refresh.status_code == 401
    refused = login(client)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/account-deactivated")


def test_only_who_knows_the_password_learns_of_it(client: Person) -> None:
    leaves(client)

    wrong = login(client, "not the password")
    unknown = client.http.post("/auth/login", json={"email": "nobody@example.com", "password": PASSWORD})

    assert wrong.status_code == 401
    assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


def test_a_stolen_token_is_not_enough(client: Person) -> None:
    refused = leaves(client, "not my password")

    assert [error["pointer"] for error in refused.json()["errors"]] == ["/password"]
    assert client.get("/auth/me").status_code == 200


def test_a_new_password_does_not_bring_it_back(client: Person) -> None:
    leaves(client)

    reset = client.http.post("/auth/password/reset", json={"token": forgets(client), "password": NEW})

    assert reset.status_code == 204
    assert login(client, NEW).json()["type"] == "/problems/account-deactivated"


def test_an_admin_brings_it_back_whoever_took_it_out(client: Person, admin: Person) -> None:
    leaves(client)

    assert turns(admin, "reactivate", client).json()["deactivated_at"] is None

    assert client.get("/auth/me").status_code == 401
    assert login(client).status_code == 200
    assert "active again" in mails(client, "account_reactivated")[0].text_body


@pytest.mark.parametrize("lever", ["deactivate", "reactivate"])
def test_each_lever_works_once(client: Person, admin: Person, lever: str) -> None:
    turns(admin, "deactivate", client)
    if lever == "reactivate":
        turns(admin, "reactivate", client)

    again = turns(admin, lever, client)

    assert (again.status_code, again.json()["type"]) == (
        409,
        f"/problems/{'already' if lever == 'deactivate' else 'not'}-deactivated",
    )


def test_who_did_it_and_why_is_on_record_and_told(client: Person, coach: Person, admin: Person) -> None:
    leaves(client)
    turns(admin, "deactivate", coach)
    turns(admin, "reactivate", coach)

    of_accounts = select(AuditEntry).where(AuditEntry.action.like("account.%activate"))
    entries = db.session.scalars(of_accounts.order_by(AuditEntry.created_at)).all()
    assert [(each.action, each.actor, each.subject, each.reason) for each in entries] == [
        ("account.deactivate", f"account:{client.id}", f"account:{client.id}", "by its owner"),
        ("account.deactivate", f"account:{admin.id}", f"account:{coach.id}", "asked by mail"),
        ("account.reactivate", f"account:{admin.id}", f"account:{coach.id}", "asked by mail"),
    ]
    (to_client,), (to_coach,) = mails(client, "account_deactivated"), mails(coach, "account_deactivated")
    assert ("By       you" in to_client.text_body, "By       us" in to_coach.text_body) == (True, True)
    assert "books" not in to_client.text_body
    assert "Clients can no longer book new sessions with you" in to_coach.text_body


def test_no_admin_takes_herself_out(admin: Person) -> None:
    for answer in (leaves(admin), turns(admin, "deactivate", admin)):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/admin-needed")
    assert admin.get("/admin/overview").status_code == 200


def test_an_admin_who_was_taken_out_takes_nobody_out(admin: Person) -> None:
    other = Person.registered(admin.http, "client")
    become_admin(other)

    assert turns(admin, "deactivate", other).status_code == 200

    assert turns(other, "deactivate", admin).status_code == 401
    assert login(other).status_code == 403


def names(http: httpx.Client) -> list[str]:
    return [coach["id"] for coach in http.get("/coach").json()["items"]]


def slots(http: httpx.Client, coach: Person) -> httpx.Response:
    span = {"from": next_week(0).isoformat(), "to": next_week(23).isoformat(), "duration_minutes": 60}
    return http.get(f"/coach/{coach.id}/slot", params=span)


def test_a_coach_who_is_gone_is_neither_listed_nor_booked(
    client: Person, coach: Person, admin: Person
) -> None:
    assert coach.id in names(client.http)
    turns(admin, "deactivate", coach)

    assert coach.id not in names(client.http)
    assert client.get(f"/coach/{coach.id}").status_code == 404
    assert slots(client.http, coach).status_code == 404
    assert client.wish(coach, next_week()).status_code == 404
    assert client.wish_series(coach, next_week()).status_code == 404

    turns(admin, "reactivate", coach)
    assert coach.id in names(client.http)
    assert client.wish(coach, next_week()).status_code == 201


def test_a_calendar_that_was_subscribed_to_is_closed_and_opens_again(client: Person, admin: Person) -> None:
    feed = httpx.URL(client.post("/booking/feed").json()["url"]).raw_path.decode()
    leaves(client)
    assert client.http.get(feed).status_code == 404

    turns(admin, "reactivate", client)
    assert client.http.get(feed).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "x", "role": "admin"}]
)
@pytest.mark.parametrize("lever", ["deactivate", "reactivate"])
def test_an_operator_says_why(client: Person, admin: Person, lever: str, body: dict[str, Any]) -> None:
    assert admin.post(f"/admin/account/{client.id}/{lever}", json=body).status_code == 422
