"""Mass assignment: what a route does not ask for, nobody can set by sending it."""

from typing import Any

import httpx
import pytest
from flask import Flask

from tests.attacks.database_rows import all_rows
from tests.attacks.openapi_values import Schema, named, takers, top_fields
from tests.people import Person
from tests.shop import become_admin

WISHED = {
    "id": "00000000-0000-4000-8000-000000000000",
    "role": "admin",
    "is_admin": True,
    "email_verified": True,
    "email_verified_at": "2026-01-01T00:00:00Z",
    "password_hash": "$argon2id$",
    "account_id": "00000000-0000-4000-8000-000000000000",
    "client_id": "00000000-0000-4000-8000-000000000000",
    "coach_id": "00000000-0000-4000-8000-000000000000",
    "payment_id": "00000000-0000-4000-8000-000000000000",
    "status": "confirmed",
    "amount": 1,
    "amount_minor": 1,
    "price": 1,
    "currency": "XXX",
    "commission_minor": 0,
    "hold_expires_at": "2099-01-01T00:00:00Z",
    "created_at": "2000-01-01T00:00:00Z",
    "stripe_destination_id": "acct_1",
    "__proto__": {"role": "admin"},
    "__class__": "Account",
}
"""What somebody would like to set who knows our tables."""


@pytest.fixture
def whoever(http: httpx.Client, client: Person, coach: Person) -> dict[str, Person]:
    """Who may call a route, by the beginning of its path."""
    admin = Person.registered(http, "client")
    become_admin(admin)
    return {"/admin": admin, "/coach": coach, "/booking/{booking_id}/": coach, "": client}


def asked(who: dict[str, Person], operation: str, part: str, wished: dict[str, Any]) -> httpx.Response:
    method, _, path = operation.partition(" ")
    person = next(person for beginning, person in who.items() if path.startswith(beginning))
    sent = {"json": wished} if part == "body" else {"params": {k: str(v) for k, v in wished.items()}}
    return person.ask(method, named(path), **sent)


def test_no_route_takes_a_field_that_it_does_not_ask_for(
    app: Flask, http: httpx.Client, whoever: dict[str, Person]
) -> None:
    spec: Schema = http.get("/openapi.json").json()
    before = all_rows()
    taken = {}
    for operation, part in takers(spec):
        wished = {name: value for name, value in WISHED.items() if name not in top_fields(spec, operation)}
        answer = asked(whoever, operation, part, wished)
        refused = {
            each["pointer"].rpartition("/")[2]
            for each in answer.json().get("errors", [])
            if "is not known here" in each["detail"]
        }
        taken[f"{operation} {part}"] = (answer.status_code, wished.keys() - refused)

    assert len(taken) > 30
    assert {name: seen for name, seen in taken.items() if seen != (422, set())} == {}
    assert all_rows() == before
