"""A cursor that we did not make is a 422 that says so, whatever list it is sent to."""

import json
from base64 import urlsafe_b64encode

import httpx
import pytest

from tests.people import Person

AT, KEY = "2031-01-01T00:00:00+00:00", "00000000-0000-4000-8000-000000000000"
LISTS = [
    "/admin/account",
    "/admin/audit",
    "/admin/difference",
    "/admin/dispute",
    "/admin/email",
    "/admin/recovery",
    "/admin/refund",
    "/admin/refused-sign-in",
    "/admin/stripe-event",
    "/admin/debt",
    "/booking",
    "/booking?sort=-session_datetime",
    "/payment",
    "/coach",
    "/coach/me/time-off",
]
FORGED = {
    "NUL": [AT, "evt_\0"],
    "half a pair": [AT, "evt_\ud800"],
    "the other half": [AT, "\udfff"],
    "a line": [AT, "evt_1\nevt_2"],
    "an object": [AT, {"a": 1}],
    "nothing": [AT, None],
    "a list": [AT, [KEY]],
    "a number": [AT, 5],
    "before our days": ["0001-01-01T00:00:00+14:00", KEY],
    "after them": ["9999-12-31T23:59:59-14:00", KEY],
    "no moment": ["\ud800", KEY],
    "a moment that is a number": [2031, KEY],
    "three": [AT, KEY, KEY],
    "one": [AT],
    "a text": "ab",
}


def asked(person: Person, path: str, cursor: str) -> httpx.Response:
    name, _, query = path.partition("?")
    return person.get(name, params=dict(httpx.QueryParams(query)) | {"cursor": cursor})


def listing(path: str, admin: Person, coach: Person) -> Person:
    return coach if path == "/coach/me/time-off" else admin


@pytest.mark.parametrize("path", LISTS)
def test_a_forged_cursor_is_refused_by_every_list(path: str, admin: Person, coach: Person) -> None:
    person = listing(path, admin, coach)
    for what, forged in FORGED.items():
        answer = asked(person, path, urlsafe_b64encode(json.dumps(forged).encode()).decode())

        assert answer.status_code == 422, (what, answer.text)
        assert [each["pointer"] for each in answer.json()["errors"]] == ["cursor"], what


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor", ["\0", "%00", "é", "=", "AAAA", "bm90IGpzb24=", "/w==", "W" * 300, "W1tb" * 75]
)
def test_what_is_no_cursor_at_all_is_refused_too(
    path: str, cursor: str, admin: Person, coach: Person
) -> None:
    assert asked(listing(path, admin, coach), path, cursor).status_code == 422


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_as_we_make_them_is_good(path: str, admin: Person, coach: Person) -> None:
    cursor = urlsafe_b64encode(json.dumps([AT, KEY]).encode()).decode()

    assert asked(listing(path, admin, coach), path, cursor).status_code == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/admin/account", "email"),
        ("/admin/email", "recipient"),
        ("/admin/email", "kind"),
        ("/admin/audit", "actor"),
        ("/admin/audit", "action"),
        ("/admin/audit", "subject"),
        ("/admin/refused-sign-in", "subject"),
        ("/admin/stripe-event", "type"),
        ("/coach", "q"),
        ("/coach", "language"),
    ],
)
@pytest.mark.parametrize("value", ["a%00b", "%00", "%ED%A0%80", "%FF", "%C0%80", "\\"])
def test_no_filter_brings_a_character_to_the_database_that_it_cannot_hold(
    path: str, name: str, value: str, admin: Person
) -> None:
    assert admin.get(f"{path}?{name}={value}").status_code in {200, 422}


@pytest.mark.parametrize("text", ["a\ud800b", "\udfff", "a\0b"])
@pytest.mark.parametrize("field", ["headline", "bio", "languages"])
def test_nor_does_a_body(field: str, text: str, coach: Person) -> None:
    body = json.dumps({field: [text] if field == "languages" else text})

    answer = coach.ask("PATCH", "/coach/me", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"].split("/")[1]) == (422, field)
