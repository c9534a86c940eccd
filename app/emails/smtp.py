"""SMTP, by Flask-Mail."""

import re
import smtplib
import ssl
from email import charset

from flask_mail import Attachment, BadHeaderError, Message

from app.emails import signed_links, smtp_pool
from app.emails.models import Email
from app.emails.smtp_pool import SmtpConnection
from app.unicode_text import without_bidi_controls

# Flask-Mail sends bodies as they are; RFC 5321 allows no line over 998 bytes, and servers refuse longer ones.
charset.add_charset("utf-8", charset.SHORTEST, charset.QP, "utf-8")

# When Python's email package folds a header, it decodes it and drops the quotes. A name must not contain
# what then reads as another address (RFC 5322, 3.2.3) or as an encoded word (RFC 2047).
_MORE_THAN_A_NAME = re.compile(r'[()<>\[\]:;@\\,"]|=\?')


class Unreachable(Exception):
    """The server is unreachable or asks for a retry (4xx)."""


class NotConnected(Unreachable):
    """No connection: the server is unreachable, or TLS or the login fails. No mail is at fault."""


class Refused(Exception):
    """The server refuses permanently (5xx)."""


def send(email: Email) -> None:
    """Hand one mail to the server, in an open connection or a new one. Raises Unreachable or Refused.

    After the server has accepted the mail, nothing fails: errors on closing are ignored.
    """
    connection = smtp_pool.take_idle() or _new()
    try:
        with smtp_pool.returned_unless_broken(connection):
            connection.send(_message(email))
    except BadHeaderError as error:
        raise Refused("a header has a line break") from error
    except UnicodeError as error:
        raise Refused(f"an address that cannot be encoded: {error}") from error
    except smtp_pool.NETWORK as error:
        raise _outcome(error) from error


def check() -> None:
    """Connect and log in without sending. Raises NotConnected."""
    _new().end()


def _new() -> SmtpConnection:
    """An open, authenticated connection. Raises NotConnected, never Refused."""
    try:
        return smtp_pool.connect()
    except smtp_pool.NETWORK as error:
        raise NotConnected(str(_outcome(error))) from error


def _message(email: Email) -> Message:
    message = Message(
        subject=email.subject.replace("=?", "="),
        recipients=[
            (_MORE_THAN_A_NAME.sub("", without_bidi_controls(email.recipient_name)), email.recipient)
        ],
        reply_to=email.reply_to,
        body=signed_links.signed(email.text_body, email.recipient),
        html=signed_links.signed(email.html_body, email.recipient),
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = email.message_id
    _attach(message, _calendars(email))
    return message


def _attach(message: Message, calendars: list[str]) -> None:
    """Attach the invitations. A single one is also an alternative body; several are files only.

    Mail programs read only one invitation from a body.
    """
    if len(calendars) == 1:
        message.alts[f"calendar; method={_method(calendars[0])}"] = calendars[0]
        message.attachments.append(Attachment("session.ics", "application/ics", calendars[0].encode()))
        return
    for number, calendar in enumerate(calendars, 1):
        kind = f"text/calendar; charset=utf-8; method={_method(calendar)}"
        message.attachments.append(Attachment(f"session-{number}.ics", kind, calendar.encode()))


def _calendars(email: Email) -> list[str]:
    return re.split(r"(?<=\n)(?=BEGIN:VCALENDAR)", email.calendar) if email.calendar else []


def _method(calendar: str) -> str:
    """The METHOD of the calendar, which the header must repeat (RFC 6047). Notes may contain the word."""
    found = re.search(r"^METHOD:(\w+)", calendar, re.MULTILINE)
    assert found, "every calendar that is sent has a method"
    return found[1]


def _outcome(error: Exception) -> Unreachable | Refused:
    """RFC 5321, 4.2.1: a 5yz reply is permanent, 4yz transient. No reply counts as transient."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    elif isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(f"certificate verify failed: {error.verify_message}")
    else:
        return Unreachable(f"{type(error).__name__}: {error}")
    text = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return Refused(text) if code >= 500 else Unreachable(text)
