"""What people write stays text: in SQL, headers, mails, pages, logs, templates and paths."""

from collections.abc import Iterator

import httpx
import pytest
from flask import Flask

from app.emails.models import Email
from tests.attacks.database_rows import all_rows
from tests.attacks.openapi_values import Place, Schema, named, places
from tests.people import Person, next_week
from tests.shop import Shop

SQL = [
    "' OR 1=1 --",
    '"; DROP TABLE account; --',
    "\\' UNION SELECT NULL,NULL --",
    "%' AND pg_sleep(9)='",
    "$$;SELECT 1",
]
FORMS = "{{7*7}} ${7*7} <%= 7*7 %> {0.__class__} {name!r} %(subject)s %n #{7*7} {% raw %}"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


def texts_of_queries(spec: Schema) -> Iterator[Place]:
    for place, schema in places(spec):
        if place.part == "query" and schema.get("type") == "string" and place.operation.startswith("GET"):
            yield place


def test_no_query_reads_or_changes_anything_else(
    app: Flask, http: httpx.Client, admin: Person, client: Person, coach: Person
) -> None:
    asked = set(texts_of_queries(http.get("/openapi.json").json()))
    before = all_rows()
    for place in asked:
        path = place.operation.partition(" ")[2]
        who = admin if path.startswith("/admin") else coach if path.startswith("/coach/me") else client
        for text in SQL:
            answer = who.get(named(path), params={place.name: text})
            assert answer.status_code in {200, 404, 422}, (place, text, answer.text)
            assert answer.json().get("items", []) == [], (place, text)

    assert len(asked) > 20
    assert all_rows() == before


def test_no_path_reads_or_changes_anything_else(app: Flask, http: httpx.Client, admin: Person) -> None:
    spec = http.get("/openapi.json").json()
    paths = {place.operation for place, _ in places(spec) if place.part == "path"}
    before = all_rows()
    for method, path in (operation.split(" ") for operation in paths):
        for text in ("' OR 1=1 --", "..%2f..%2fetc%2fpasswd", "%00", "%252e%252e"):
            answer = admin.ask(method, path.replace("{", "").replace("}", text), json={})
            assert answer.status_code in {403, 404, 405, 422}, (method, path, text, answer.status_code)

    assert all_rows() == before


@pytest.mark.parametrize(
    "name",
    [
        "../../../app/config/settings.py",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "..%5c..%5capp",
        "js/../../x",
        "%00",
        ".",
    ],
)
def test_the_page_s_files_are_all_that_is_served(http: httpx.Client, name: str) -> None:
    assert http.get(f"/docs/files/{name}", follow_redirects=True).status_code == 404


def test_every_mail_and_page_shows_what_people_write_and_obeys_none_of_it(
    shop: Shop, http: httpx.Client
) -> None:
    client = Person.registered(http, "client", name=MARKUP)
    client.prove_address()
    coach = Person.registered(http, "coach", name=f"{FORMS[:60]} {MARKUP}").open_for_business(
        headline=MARKUP, bio=FORMS
    )
    booking = client.wish(coach, next_week(), notes=f"{FORMS}\n{MARKUP}").json()
    checkout = client.checks_out(booking)
    shop.deliver_event(shop.paid(checkout))
    client.post(f"/booking/{booking['id']}/cancel", json={"reason": f"{MARKUP} {FORMS}"})
    http.post("/auth/password/forgot", json={"email": client.email})

    mails = shop.rows(Email)

    assert len({mail.kind for mail in mails}) >= 4
    assert [
        mail.kind for mail in mails if "<script" in mail.html_body or "<img src=x" in mail.html_body
    ] == []
    assert [mail.kind for mail in mails if "\n" in mail.subject or "\r" in mail.subject] == []
    assert all(FORMS[:60] in mail.text_body for mail in mails if mail.kind.startswith("booking"))
    assert http.get(f"/coach/{coach.id}").json()["bio"] == FORMS


def test_no_header_of_a_request_writes_one_of_the_answer(app: Flask) -> None:
    forged = {"HTTP_X_REQUEST_ID": "aaaaaaaa\r\nSet-Cookie: a=b", "HTTP_ORIGIN": "https://evil\r\nX: y"}

    answer = app.test_client().get("/health/live", environ_overrides=forged)

    assert "Set-Cookie" not in answer.headers
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize(
    "name", ["Ada\r\nBcc: evil@example.com", "Ada\u2028Bcc", "Ada\x0bBcc", "Ada\x1b[31m", "Ada\x85x"]
)
def test_no_name_has_a_line_of_its_own(http: httpx.Client, client: Person, name: str) -> None:
    person = {"email": "new@example.com", "password": "seven green umbrellas", "name": name}

    assert http.post("/auth/register", json=person).status_code == 422
    assert client.ask("PATCH", "/auth/me", json={"name": name}).status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "Win at https://evil.example.com",
        "www.evil.example.com",
        "Pay evil.example.com/now",
        "go to evil.com",
        "evil.com?p=1",
        "(EVIL.COM)",
        "x.co.uk:8000",
        "help@evil.com",
        "evil.com_now",
        "evil.com\u20e3",
        "You",
        "we",
        "CultureBridge",
        "ＷＷＷ．evil．com",  # noqa: RUF001
        "ｅｖｉｌ．ｉｏ",  # noqa: RUF001
        "http：／／evil",  # noqa: RUF001
        "hxxps://evil",
        r"https:\\evil",
        "mailto:eve",
        "evil\u3002com",
        "evil\uff61com",
        "evil\u2024com",
        "evil.c\u200bom",
        "ev\u00adil.com",
        "evil.c\ufe0fom",
        "evil.c\u3164om",
        "президент.рф",
        "evil.xn--p1ai",
        "bücher.de",
        "192.0.2.1",
        "will.i.am",
    ],
)
def test_no_name_is_a_link_or_a_word_of_ours_in_a_mail(http: httpx.Client, name: str) -> None:
    """Else anybody could have us write to anybody, with a link of theirs."""
    person = {"email": "victim@example.com", "password": "seven green umbrellas", "name": name}

    answer = http.post("/auth/register", json=person)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")


@pytest.mark.parametrize(
    "name",
    [
        "J.R.R. Tolkien",
        "J. R. R. Tolkien",
        "J.R.R.Tolkien",
        "Dr. Ada O'Neill-Sørensen",
        "Dr.Müller",
        "美咲",
        "St.John A/S",
        "Ada Lee, Ph.D",
        "Rossi S.p.A.",
        "أحمد بن علي",
        "Team 24/7 (Berlin)",
    ],
)
def test_a_name_may_have_signs(client: Person, name: str) -> None:
    assert client.ask("PATCH", "/auth/me", json={"name": name}).status_code == 200
