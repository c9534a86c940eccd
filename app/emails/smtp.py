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

# Python's email package decodes and writes anew what it folds, and forgets the quotes: a name must not hold
# what then reads as another address (RFC 5322, 3.2.3) or as an encoded word (RFC 2047).
_MORE_THAN_A_NAME = re.compile(r'[()<>\[\]:;@\\,"]|=\?')


class Unreachable(Exception):
    """The server is away or asks to come again (4xx): another try may do."""


class NotConnected(Unreachable):
    """No connection began: the server is away, its TLS or our login is not right. No mail is at fault."""


class Refused(Exception):
    """The server said no for good (5xx): trying again would only annoy it."""


def send(email: Email) -> None:
    """Hand one mail to the server, in an open connection or a new one. Raises Unreachable or Refused.

    Once the server has accepted it, nothing here fails any more: a broken goodbye is no failure.
    """
    connection = smtp_pool.take_idle() or _new()
    try:
        with smtp_pool.returned_unless_broken(connection):
            connection.send(_message(email))
    except BadHeaderError as error:
        raise Refused("a header has a line break") from error
    except UnicodeError as error:
        raise Refused(f"an address that cannot be written down: {error}") from error
    except smtp_pool.NETWORK as error:
        raise _outcome(error) from error


def check() -> None:
    """Connect and log in, and send nothing. Raises NotConnected."""
    _new().end()


def _new() -> SmtpConnection:
    """Open and logged in. Whatever keeps us from it may be mended: never Refused."""
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
    """A single invitation is both a body, shown as an invitation, and a file; of several, each is a file.

    Mail programs take one invitation from a body and leave the rest out.
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
    """The calendar's own METHOD, and not what its notes say; the header must name the same (RFC 6047)."""
    found = re.search(r"^METHOD:(\w+)", calendar, re.MULTILINE)
    assert found, "every calendar that is sent has a method"
    return found[1]


def _outcome(error: Exception) -> Unreachable | Refused:
    """RFC 5321, 4.2.1: a reply 5yz is permanent, 4yz transient; no reply at all is worth another try."""
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
