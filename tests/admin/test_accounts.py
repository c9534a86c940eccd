"""The operator's list of accounts."""

from typing import Any

import pytest

from tests.people import PASSWORD, Person


def found(admin: Person, **wish: Any) -> list[str]:
    answer = admin.get("/admin/account", params=wish)
    assert answer.status_code == 200, answer.text
    return [account["id"] for account in answer.json()["items"]]


def test_everybody_is_listed_the_newest_first(admin: Person, client: Person, coach: Person) -> None:
    assert found(admin) == [coach.id, client.id, admin.id]


def test_somebody_is_found_by_address_role_and_state(admin: Person, client: Person, coach: Person) -> None:
    coach.post("/auth/me/deactivate", json={"password": PASSWORD})

    assert found(admin, email=client.email.upper()) == [client.id]
    assert found(admin, role="admin") == [admin.id]
    assert found(admin, state="deactivated") == [coach.id]
    assert found(admin, state="active") == [client.id, admin.id]
    assert found(admin, state="active", role="coach") == []
    assert found(admin, email="nobody@example.com") == []


def test_pages_hold_together_while_people_join(admin: Person, client: Person, coach: Person) -> None:
    first = admin.get("/admin/account", params={"limit": 2}).json()
    Person.registered(client.http, "client")

    rest = admin.get("/admin/account", params={"cursor": first["next_cursor"]}).json()

    assert [account["id"] for account in first["items"] + rest["items"]] == [coach.id, client.id, admin.id]
    assert rest["next_cursor"] is None


def test_one_account_is_shown_without_its_secrets(admin: Person, client: Person) -> None:
    Person.signed_in(client.http, client.email, PASSWORD)

    shown = admin.get(f"/admin/account/{client.id}").json()

    assert (shown["email"], shown["sign_ins"], shown["deactivated_at"]) == (client.email, 2, None)
    assert not [name for name in shown if "hash" in name or "secret" in name]


@pytest.mark.parametrize(
    "wish", [{"role": "king"}, {"state": "gone"}, {"cursor": "x"}, {"password_hash": "x"}]
)
def test_what_cannot_be_looked_for_is_refused(admin: Person, wish: dict[str, str]) -> None:
    assert admin.get("/admin/account", params=wish).status_code == 422


@pytest.mark.parametrize("path", ["", "/deactivate", "/reactivate"])
def test_who_is_not_there_is_not_found(admin: Person, path: str) -> None:
    nobody = f"/admin/account/00000000-0000-4000-8000-000000000000{path}"
    answer = admin.post(nobody, json={"reason": "x"}) if path else admin.get(nobody)

    assert answer.status_code == 404
