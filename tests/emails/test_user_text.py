"""What people write in names, notes and reasons: it wraps, and keeps its direction to itself."""

import re
import unicodedata
from email import message_from_bytes, policy
from types import SimpleNamespace

import httpx
import pytest
from flask import Flask

from app.emails.outbox import templates
from tests.emails.confirmations import CONFIRMED, confirmed
from tests.outbox import Post
from tests.people import Person, next_week

HEBREW, ARABIC = "דוד כהן", "ليلى (مدربة)"
OPENS, CLOSES = "\u2068", "\u2069"
CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def unclosed(text: str) -> list[str]:
    """Lines of a plain text in which something right-to-left stands outside an isolate (UAX #9)."""
    outside = [re.sub(f"{OPENS}[^{CLOSES}]*{CLOSES}", "", line) for line in text.splitlines()]
    return [line for line in outside if any(unicodedata.bidirectional(at) in {"R", "AL"} for at in line)]


@pytest.mark.parametrize("name", [HEBREW, ARABIC, f"Sam {HEBREW} 123"])
def test_right_to_left_names_turn_nothing_around(
    post: Post, http: httpx.Client, coach: Person, name: str
) -> None:
    client = Person.registered(http, "client", name=name)
    confirmed(post, client, coach, notes=f"{ARABIC}, 10:00\nSecond line {HEBREW}")

    for reader in (client, coach):
        mail = post.delivered(reader, CONFIRMED)
        assert unclosed(mail["text"]) == []
        for line in mail["text"].splitlines():
            assert line.count(OPENS) == line.count(CLOSES)
        written = re.findall(r"<bdi>[^<]*</bdi>|<span dir=\"auto\"[^>]*>[^<]*</span>", mail["html"])
        assert not re.search("[\u0590-\u06ff]", _without(mail["html"], [*written, _title(mail["html"])]))
    assert post.delivered_subject(coach) == f"Confirmed: 60 minutes of coaching with {OPENS}{name}{CLOSES}"


def _title(html: str) -> str:
    found = re.search("<title>.*</title>", html)
    assert found
    return found[0]


def _without(html: str, parts: list[str]) -> str:
    for part in parts:
        html = html.replace(part, "")
    return html


def test_notes_cannot_turn_our_words_around(post: Post, client: Person, coach: Person) -> None:
    confirmed(post, client, coach, notes=f"harmless \u202e txet dekcirt{CONTROLS}")

    mail = post.delivered(coach, CONFIRMED)
    raw = post.raw(mail)

    assert not set(CONTROLS) & set(mail["text"] + mail["html"])
    parts = message_from_bytes(raw, policy=policy.default).walk()
    calendars = [part.get_content() for part in parts if part.get_content_type() == "text/calendar"]
    assert len(calendars) == 1
    assert not set(CONTROLS) & set(calendars[0])


@pytest.mark.parametrize(
    "name",
    [
        "Sam\u202enoitpecxe",
        "\u2067Sam",
        "\u200b\u200b",
        "\u3164\u3164",
        "\u2800",
        "\u115f",
        "S\u00adam",
        "Sam\u2060Carter",
        "evil\u200d.example",
        "\u0301",
        "Sam \U000e0041",
        "\U0001d159",
        "\U00013441\U00013442",
        "\ufffc",
        "\ufe0f",
        "\u034f",
        "\u180e",
        "\ue000",
        "\u0378",
        "a\ufff9b\ufffa",
    ],
)
def test_names_that_hide_something_or_show_nothing_are_refused(
    http: httpx.Client, client: Person, name: str
) -> None:
    form = {"email": "new@example.com", "password": "correct horse battery", "name": name}

    for answer in (
        http.post("/auth/register", json=form),
        client.ask("PATCH", "/auth/me", json={"name": name}),
    ):
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/name"]


@pytest.mark.parametrize("text", ["Calm\u202emlac", "\u200b\u200b", "\u2066Calm", "\U0001d159\U0001d159"])
def test_lines_of_a_listed_coach_hide_nothing_either(coach: Person, text: str) -> None:
    for change, pointer in (({"headline": text}, "/headline"), ({"languages": ["en", text]}, "/languages/1")):
        answer = coach.ask("PATCH", "/coach/me", json=change)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    kept = coach.ask("PATCH", "/coach/me", json={"headline": "\u200fשלום 👩🏽‍🏫", "languages": ["עברית"]})  # noqa: RUF001 - Hebrew
    assert (kept.json()["headline"], kept.json()["languages"]) == ("שלום 👩🏽‍🏫", ["עברית"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ana 👩🏽‍🏫", "Ana 👩🏽‍🏫"),
        ("Fan of 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "Fan of 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("نیما می‌خواهم", "نیما می‌خواهم"),
        ("क्‍ष", "क्‍ष"),
        ("\u200fדוד\u200f", "דוד"),  # noqa: RUF001 - Hebrew
        ("Lucía", "Lucía"),
        ("李小龍", "李小龍"),
    ],
)
def test_names_of_every_script_are_taken(client: Person, written: str, kept: str) -> None:
    assert client.ask("PATCH", "/auth/me", json={"name": written}).status_code == 200

    assert client.get("/auth/me").json()["name"] == kept


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\n", "\u2028", "\u2029", "\x85"])
def test_every_line_break_becomes_one(client: Person, coach: Person, line_break: str) -> None:
    booking = client.wish(coach, next_week(), notes=f"first{line_break}second").json()
    cancelled = client.post(
        f"/booking/{booking['id']}/cancel", json={"reason": f"ill{line_break}and tired"}
    ).json()

    assert (booking["notes"], cancelled["cancellation"]["reason"]) == ("first\nsecond", "ill\nand tired")


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\u2028", "\x85"])
def test_every_line_break_of_a_coach_becomes_one(coach: Person, line_break: str) -> None:
    shown = coach.ask("PATCH", "/coach/me", json={"bio": f"first{line_break}second", "headline": "Calm\r\n"})

    assert (shown.json()["bio"], shown.json()["headline"]) == ("first\nsecond", "Calm")
    assert coach.ask("PATCH", "/coach/me", json={"headline": f"a{line_break}b"}).status_code == 422


def test_a_line_break_is_counted_once(client: Person, coach: Person) -> None:
    booking = client.wish(coach, next_week(), notes="x\r\n" * 999 + "xx")

    assert booking.status_code == 201
    assert len(booking.json()["notes"]) == 2000


def test_other_control_characters_are_still_refused(client: Person, coach: Person) -> None:
    for character in "\x07\x0b\x0c\x1b\x7f":
        assert client.wish(coach, next_week(), notes=f"first{character}second").status_code == 422


def test_an_answer_reaches_the_other_side(post: Post, client: Person, coach: Person) -> None:
    client.prove_address()
    confirmed(post, client, coach)

    for reader, other in ((client, coach), (coach, client)):
        message = message_from_bytes(post.raw(post.delivered(reader, CONFIRMED)), policy=policy.default)
        assert message["Reply-To"].addresses[0].addr_spec == other.email
    welcome = message_from_bytes(post.raw(post.delivered(client)), policy=policy.default)
    assert welcome["Reply-To"] is None


def test_every_mail_isolates_what_people_write(app: Flask) -> None:
    """No template prints a name, notes or a reason as it is."""
    raw = re.compile(r"\{\{ *([\w.\[\]]*(?:name|notes|reason|who)) *\}\}")
    assert templates.loader
    found = {
        name: raw.findall(templates.loader.get_source(templates, name)[0])
        for name in templates.list_templates()
    }

    assert {name: values for name, values in found.items() if values} == {
        "dispute_facts.html": ["dispute.reason"],  # Stripe's code
        "dispute_facts.txt": ["dispute.reason"],
    }


def test_words_cannot_imitate_ours_in_a_mail_with_others_either(app: Flask) -> None:
    """The texts of a collected mail keep their indentation in its HTML, where blanks do not count."""
    told = templates.from_string("Hello,\n\n  Reason  {{ reason|indented(10) }}\n\nCultureBridge")
    body = told.render(reason=f"ill\nCultureBridge\n\n   Hello, open {HEBREW}")
    mails = [SimpleNamespace(subject="Cancelled", text_body=body)] * 2

    html = templates.get_template("gathered.html").render(subject="2 messages", name="Ada", mails=mails)

    lines = re.findall(r'<div style="margin-left:(\d+)px;">([^<]*)</div>', html)
    assert lines[: len(lines) // 2] == [
        ("0", "Hello,"),
        ("0", "\u00a0"),
        ("16", "Reason  ill"),
        ("80", "CultureBridge"),
        ("80", "\u00a0"),
        ("80", f"{OPENS}   Hello, open {HEBREW}{CLOSES}"),
        ("0", "\u00a0"),
        ("0", "CultureBridge"),
    ]


def test_every_table_of_a_mail_keeps_to_its_width(app: Flask) -> None:
    """A column of a fixed width lets a long word wrap; an automatic one grows with it."""
    assert templates.loader
    for name in templates.list_templates(filter_func=lambda name: name.endswith(".html")):
        source = templates.loader.get_source(templates, name)[0]
        assert source.count("<table") == source.count("table-layout:fixed"), name
    assert "overflow-wrap:anywhere" in templates.loader.get_source(templates, "base.html")[0]
