"""SMTP, by Flask-Mail's connections."""

import smtplib
import ssl

from app.config.settings import current_settings
from app.emails import mime, smtp_pool
from app.emails.models import Email
from app.emails.smtp_pool import SmtpConnection


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
    sender = current_settings().smtp_from_email
    try:
        envelope, message = mime.envelope(email, sender), mime.message(email, sender)
    except mime.BadAddress as error:
        raise Refused(str(error)) from error
    connection = smtp_pool.take_idle() or _new()
    try:
        with smtp_pool.returned_unless_broken(connection):
            connection.hand_over(*envelope, message)
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
