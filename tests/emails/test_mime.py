"""The bytes of a mail: what was put into it comes out of every parser, and nothing else does."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.emails import mime
from app.emails.models import Email

SENDER = "CultureBridge <hello@culturebridge.example>"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:{}\r\nSUMMARY:Séance 美咲\r\nEND:VCALENDAR\r\n"
STRANGE = [
    "Ève 美咲 👩🏽‍🏫 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "\u2068דוד כהן\u2069, ליד",  # noqa: RUF001 - Hebrew
    "x" * 2000,
    "é" * 2000,
    "  blanks  at   each end  ",
    "a.b 50% = 100?_",
]
CONTROLS = "\ttabs\tand \x07\x7f controls"
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"]
written = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def row(**values: object) -> Email:
    mail = {"recipient_name": "Ada", "recipient": "ada@example.com", "subject": "Hello", "copies": 0}
    bodies = {"text_body": "Text", "html_body": "<p>Text</p>", "calendar": None, "reply_to": None}
    return Email(id=uuid4(), **(mail | bodies | values))


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [defect for part in message.walk() for defect in part.defects] == []
    assert [defect for value in message.values() for defect in value.defects] == []
    return message


def by_the_older_parser(raw: bytes) -> Message:
    """Python's parser of RFC 822, which shares no line with the other one about headers."""
    return message_from_bytes(raw, policy=policy.compat32)


def follows_the_rules(raw: bytes) -> bool:
    """ASCII in lines that end with CRLF and are short enough (RFC 5322, 2.1.1; RFC 2047, 2)."""
    lines = raw.decode("ascii").split("\r\n")
    words = re.findall(r"=\?[^?]*\?[bq]\?[^?]*\?=", raw.decode("ascii"))
    return (
        max(map(len, lines)) <= 78
        and not re.search(r"[\r\n]", "".join(lines))
        and max([0, *map(len, words)]) <= 75
    )


def texts(message: Message) -> list[bytes]:
    parts = [part for part in message.walk() if not part.is_multipart()]
    return [bytes(part.get_payload(decode=True)) for part in parts]


@pytest.mark.parametrize("text", [*STRANGE, CONTROLS])
def test_a_subject_arrives_letter_for_letter(app: Flask, text: str) -> None:
    raw = mime.message(row(subject=text), SENDER)

    older = by_the_older_parser(raw)["Subject"]
    assert follows_the_rules(raw)
    assert str(make_header(decode_header(older))).strip() == text.strip()
    assert "".join(parsed(raw)["Subject"].split()) == "".join(text.split())


@pytest.mark.parametrize("text", [*STRANGE, 'Eve <b@c.example>, "D": e@f.example; (g)', "=?utf-8?q?Eve?="])
def test_a_name_leads_to_no_other_address(app: Flask, text: str) -> None:
    raw = mime.message(row(recipient_name=text), SENDER)

    assert follows_the_rules(raw)
    assert [each.addr_spec for each in parsed(raw)["To"].addresses] == ["ada@example.com"]
    assert parsed(raw)["To"].addresses[0].display_name
    assert by_the_older_parser(raw)["To"].count("<") == 1


@pytest.mark.parametrize("line_break", BREAKS)
def test_a_line_break_in_a_header_begins_no_other(app: Flask, line_break: str) -> None:
    words = f"Hello{line_break}Bcc: eve@example.com{line_break}{line_break}Body"

    raw = mime.message(row(subject=words, recipient_name=words), SENDER)

    assert follows_the_rules(raw)
    for message in (parsed(raw), by_the_older_parser(raw)):
        assert message["Bcc"] is None
        assert len(message.keys()) == 8
    assert parsed(raw)["Subject"].startswith("Hello Bcc: eve@example.com ")
    assert [each.addr_spec for each in parsed(raw)["To"].addresses] == ["ada@example.com"]


@pytest.mark.parametrize(
    "address", ["ada@example.com\r\nBcc: eve@example.com", "ada\n@example.com", "ü@example.com"]
)
def test_an_address_that_no_header_can_carry_is_refused(app: Flask, address: str) -> None:
    for which in ("recipient", "reply_to"):
        with pytest.raises(mime.BadAddress):
            mime.message(row(**{which: address}), SENDER)


@pytest.mark.parametrize(
    ("address", "carried"),
    [
        ('"a,b"@example.com', '"a,b"@example.com'),
        ("o'brien+x@example.com", "o'brien+x@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("a" * 64 + "@" + "b" * 63 + ".example", "a" * 64 + "@" + "b" * 63 + ".example"),
    ],
)
def test_every_address_stays_what_it_is(app: Flask, address: str, carried: str) -> None:
    email = row(recipient=address, reply_to=address, recipient_name="A long name of many words " * 4)

    message = parsed(mime.message(email, SENDER))

    assert [each.addr_spec for each in message["To"].addresses] == [carried]
    assert [each.addr_spec for each in message["Reply-To"].addresses] == [carried]
    assert mime.envelope(email, SENDER) == ("hello@culturebridge.example", carried)


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Café Bücher & Co <hello@bücher.example>", "Café Bücher & Co", "hello@xn--bcher-kva.example"),
        ('"Bridge, Culture" <hello@example.com>', "Bridge Culture", "hello@example.com"),
        ("hello@example.com", "", "hello@example.com"),
    ],
)
def test_the_sender_is_the_setting_s(app: Flask, sender: str, name: str, address: str) -> None:
    message = parsed(mime.message(row(), sender))

    (found,) = message["From"].addresses
    assert (found.display_name, found.addr_spec) == (name, address)
    assert mime.envelope(row(), sender)[0] == address


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=written, html=written)
def test_bodies_arrive_letter_for_letter(app: Flask, text: str, html: str) -> None:
    raw = mime.message(row(text_body=text, html_body=html), SENDER)

    assert follows_the_rules(raw)
    sent = [re.sub("\r\n?|\n", "\r\n", body).encode() for body in (text, html)]
    assert texts(parsed(raw)) == texts(by_the_older_parser(raw)) == sent


@pytest.mark.parametrize(
    "body", [".", "a\n.\n..\nb", "From here\nFrom there", "ends with a blank \n\t\n", "--=_mixed", "\n\n"]
)
def test_what_smtp_or_mime_could_take_for_its_own_stays_text(app: Flask, body: str) -> None:
    raw = mime.message(row(text_body=body, html_body=body), SENDER)

    assert texts(parsed(raw)) == [body.replace("\n", "\r\n").encode()] * 2


def test_an_invitation_is_a_body_and_a_file_and_several_are_files(app: Flask) -> None:
    one, other = CALENDAR.format("REQUEST"), CALENDAR.format("CANCEL")

    single = parsed(mime.message(row(calendar=one), SENDER))
    several = parsed(mime.message(row(calendar=one + other), SENDER))

    shown = [
        [(part.get_content_type(), part.get_param("method"), part.get_filename()) for part in each.walk()]
        for each in (single, several)
    ]
    outer = [("multipart/mixed", None, None), ("multipart/alternative", None, None)]
    bodies = [("text/plain", None, None), ("text/html", None, None)]
    as_body, as_file = ("text/calendar", "REQUEST", None), ("application/ics", None, "session.ics")
    files = [("text/calendar", "REQUEST", "session-1.ics"), ("text/calendar", "CANCEL", "session-2.ics")]
    assert shown == [[*outer, *bodies, as_body, as_file], [*outer, *bodies, *files]]
    assert texts(single)[2:] == [one.encode()] * 2
    assert texts(several)[2:] == [one.encode(), other.encode()]
